from . import crm_firm_demo_cases, crm_firm_demo_channels, crm_firm_demo_documents, crm_firm_demo_letters, crm_firm_demo
