"""What somebody has to do and the firm has done: *My day*, and the board of the partner."""

from . import (
    firm_board,
    firm_day_item,
    firm_day_item_done,
)
