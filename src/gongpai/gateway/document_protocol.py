"""The fast path of discovery and the public keys: prepared bytes, written where the question for them arrives."""

import time
from functools import lru_cache
from typing import ClassVar, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from gongpai.gateway import metrics
from gongpai.gateway.app import GatewayApp
from gongpai.gateway.fast_protocol import FastProtocol
from gongpai.gateway.plain_heads import PlainHeads
from gongpai.gateway.provider import DOCUMENT_PATHS
from gongpai.gateway.web.machine import Answer
from gongpai.gateway.web.machines import EVERY

_LABELS = {path: (path, "GET", "200") for path in DOCUMENT_PATHS}
_QUESTIONS = {f"GET {path} HTTP/1.1".encode(): path for path in DOCUMENT_PATHS}


class DocumentProtocol(FastProtocol):
    """Answers a plain question for a document at once; one who may have it already goes the long way."""

    counts: ClassVar[metrics.Tally] = metrics.Tally(metrics.requests, _LABELS.values())

    def prepare(self, app: object) -> None:
        """Take the documents."""
        self._documents = cast("GatewayApp", app).documents
        self._heads = PlainHeads(_QUESTIONS.get)

    def data_received(self, data: bytes) -> None:
        """Answer, or pass the bytes on untouched."""
        if not (self.may_answer() and self.answer_document(data)):
            self._is_between_messages = False
            super().data_received(data)

    def answer_document(self, data: bytes) -> bool:
        """Answer if *data* is a plain question for a document; whether it was."""
        question = self._heads.read(data)
        if question is None or b"if-none-match" in question[1]:
            return False
        path = question[0]
        self.transport.write(_wire(self.server_lines(), self._documents[path].whole()))
        self.note_answer(_LABELS[path], time.monotonic())
        return True


# The server's own lines are other ones each second.
@lru_cache(maxsize=8)
def _wire(server_lines: bytes, answer: Answer) -> bytes:
    lines = b"".join(b"%b: %b\r\n" % header for header in (*answer.headers, *EVERY))
    length = b"content-length: %d\r\n\r\n" % len(answer.body)
    return STATUS_LINE[answer.status] + server_lines + lines + length + answer.body
