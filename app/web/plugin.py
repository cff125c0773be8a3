"""Decides how the web plumbing is put into the application. The only list of its parts."""

from litestar.config.app import AppConfig
from litestar.exceptions import HTTPException
from litestar.plugins import InitPlugin
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.template import TemplateConfig

from app.web import pages, styleguide
from app.web.compression import Compression
from app.web.csrf import Csrf, anonymous_cookie
from app.web.errors import on_error
from app.web.security import HostCheck, security_headers
from app.web.site import SiteOptions
from app.web.static_files import StaticFiles
from app.web.templating import new_environment


class Web(InitPlugin):
    """Templates, static files, error pages, headers and the guards round the given middleware.

    Shape: `Litestar(route_handlers=…, middleware=[sessions], plugins=[Web(options)])` runs compression, host check,
    sessions, form guard, handler, in this order. A plugin cannot set the limit on bodies, so
    `request_max_body_size=LARGEST_FORM_BYTES` goes to Litestar beside it.
    """

    def __init__(self, options: SiteOptions) -> None:
        self.options = options
        self.files = StaticFiles()

    def on_app_init(self, app_config: AppConfig) -> AppConfig:
        """Called by Litestar once, before the application is built."""
        config, options = app_config, self.options
        engine = JinjaTemplateEngine.from_environment(new_environment(self.files.address))
        config.state["site_options"] = options
        config.template_config = TemplateConfig(instance=engine)
        config.exception_handlers = {
            HTTPException: on_error,
            Exception: on_error,
            **config.exception_handlers,
        }
        config.middleware = [Compression(), HostCheck(options), *config.middleware, Csrf(options)]
        config.before_send = [*config.before_send, anonymous_cookie(options), security_headers(options)]
        config.route_handlers = [*config.route_handlers, *pages.handlers, self.files.handler()]
        if options.is_development:
            config.route_handlers.append(styleguide.styleguide)
        return config
