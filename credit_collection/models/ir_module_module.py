from odoo import models


class IrModuleModule(models.Model):
    _inherit = "ir.module.module"

    def _load_module_terms(self, modules, langs, overwrite=False):
        """EXTENDS 'base': the companies' copies of what is shipped have no external id to be translated by."""
        res = super()._load_module_terms(modules, langs, overwrite)
        if "credit_collection" in modules:
            self.env["credit.dunning.scenario"]._translate_copies()
            self.env["credit.interest.policy"]._translate_shipped(langs)
        return res
