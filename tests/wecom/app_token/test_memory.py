import pytest

from conformance.app_token_store import AppTokenStoreConformance, OffLoop, OpenStore
from gongpai.wecom.app_token import AsyncMemoryStore, MemoryStore


class TestAsyncMemoryStore(AppTokenStoreConformance):
    @pytest.fixture
    def open_store(self) -> OpenStore:
        memory = MemoryStore()
        return lambda: AsyncMemoryStore(memory)


class TestMemoryStore(AppTokenStoreConformance):
    @pytest.fixture
    def open_store(self) -> OpenStore:
        memory = MemoryStore()
        return lambda: OffLoop(lambda: memory)
