"""What changed in which major version, as far as a caller can see it.

Renamed and moved fields say it themselves (`since`, `until` in the models); here is behaviour. Seen
on a running 19 or in the sources of 17 and 19; for the others see the Odoo notes in the docs.
"""

COUNTS_ON_QUANTS = 15  # `action_apply_inventory`; before, writing a count applied it at once
VARIANT_SHOWS_TEMPLATE_DATE = 16  # `write_date` of a variant is the newer of the two
UNCOUNTED_RPC_LOGINS = 16  # wrong tries over RPC no longer start the login pause
LOCKED_FLAG = 17  # an order is locked by a flag, not by the state `done`; cancelling no longer asks
PICKED_FLAG = 17  # moves have `quantity` and `picked`; "immediate transfer?" is no longer asked
COMPANY_TAX_DEFAULT = 18  # whether a tax is included may be left to the company
COPIES_ANSWER_LIST = 18  # `copy` of several records
WAREHOUSE_ID_KEY = 18  # the context key for quantities; `warehouse` before
CODE_ZERO = 19  # of JSON-RPC errors; 200 before
JSON2 = 19
NEW_WORDING = 19  # of "Invalid field" messages
ROUND_PER_TAX = 19  # default of the company; per line before
WHOLE_SECONDS = 19  # times in domains are compared by the second
