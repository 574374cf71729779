"""Every provider that we can push to. Adding one is its folder and one line here."""

from providers.aira.client import AIRA
from providers.base39.client import BASE39
from providers.connector import Connector
from providers.fatoripay.client import FATORIPAY
from providers.highlevel.client import HIGHLEVEL

CONNECTORS: dict[str, Connector] = {
    connector.name: connector for connector in (HIGHLEVEL, BASE39, AIRA, FATORIPAY)
}
