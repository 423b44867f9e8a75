from . import crm_firm_demo, crm_firm_demo_cases, crm_firm_demo_documents
