from . import (
    firm_board,
    firm_day_item,
    firm_day_item_done,
)
