"""The admin page: documents are added, looked at, published and taken out without a terminal.

There is no such page until `ASSISTANT_ADMIN_PASSWORD_HASH` says who may use it. `site.router` gives its
routes, `guard.Guard` lets people in, `uploads.Uploads` keeps the files and `building.Builds` builds them
in.
"""
