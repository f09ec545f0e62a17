"""Compares an export of Ads Manager with the marts, and says where each difference comes from."""
