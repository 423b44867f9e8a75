from . import crm_firm_demo
