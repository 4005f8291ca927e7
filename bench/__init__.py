"""The measurements: Segl beside other servers that answer the same documents from the same tables.

`python -m bench` measures and draws; `python -m bench.scale` compares short lists with long ones.
"""
