"""Memory: the ports and their backends. It keeps what it is told and decides nothing about sign-in."""

from gongpai.gateway.store.sql.driver import StoreError, Trouble

__all__ = ["StoreError", "Trouble"]
