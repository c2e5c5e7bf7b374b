"""The page that `omnicloud bugs report --html` writes: what each bug reaches, what it fails, what it hides.

`data` gathers it, `layout` places the dependency graph, `figures` draws what needs no script, `page` puts it together
with `page.css` and `page.js` into one file that needs no network.
"""
