"""Decides how a value comes into a page: escaped, unless it is `Markup` already. Knows no page."""

from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from markupsafe import Markup, escape
from markupsafe import _escape_inner as escaped_text  # type: ignore[attr-defined]


def written(value: object) -> str:
    """The value as it stands in a page; the same text as `escape` gives, but not wrapped, which takes ten times as long.

    Shape: for the very end only. Whatever still goes on as a value must be `Markup`, or it would be escaped once more.
    """
    if type(value) is str:
        text: str = escaped_text(value)
        return text
    return value if type(value) is Markup else escape(value)


class PageCode(CodeGenerator):
    """Jinja's way from a template to Python, with `written` where a value is put out and escaping is on for good."""

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:  # noqa: N802  (Jinja's name)
        self.writeline(f"from {__name__} import {written.__name__}")
        super().visit_Template(node, frame)

    def _output_child_pre(
        self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo
    ) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write(f"{written.__name__}(")
