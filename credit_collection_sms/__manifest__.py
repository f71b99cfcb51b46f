{
    "name": "Credit Collection: SMS",
    "version": "19.0.1.0.0",
    "summary": "Short reminders to the customer's mobile phone",
    "author": "The Credit Collection founders",
    "website": "https://github.com/credit-collection/credit_collection",
    "license": "LGPL-3",
    "category": "Accounting/Accounting",
    "depends": ["credit_collection", "sms"],
    "data": [
        "views/credit_collection_action_views.xml",
        "views/credit_dunning_level_views.xml",
        "views/credit_profile_views.xml",
    ],
    "auto_install": True,
}
