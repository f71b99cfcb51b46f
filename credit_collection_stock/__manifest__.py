{
    "name": "Credit Collection: Deliveries",
    "version": "19.0.1.0.0",
    "summary": "Deliveries to customers on hold do not leave",
    "author": "The Credit Collection founders",
    "website": "https://github.com/credit-collection/credit_collection",
    "license": "LGPL-3",
    "category": "Accounting/Accounting",
    "depends": ["credit_collection", "sale_stock"],
    "data": [
        "security/ir.model.access.csv",
        "security/credit_collection_stock_rules.xml",
        "data/mail_activity_type_data.xml",
        "data/ir_cron_data.xml",
        "views/credit_request_views.xml",
        "views/stock_picking_views.xml",
        "views/credit_collection_stock_menus.xml",
    ],
    "demo": ["demo/credit_collection_stock_demo.xml"],
    "assets": {
        "web.assets_tests": ["credit_collection_stock/static/tests/tours/**/*"],
    },
    "auto_install": True,
}
