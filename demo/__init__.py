from . import crm_firm_cases_demo, crm_firm_demo, crm_firm_demo_documents
