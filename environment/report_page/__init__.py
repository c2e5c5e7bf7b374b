"""Two pages, each one file that needs no network.

`omnicloud bugs report --html` writes what each bug reaches, what it fails, what it hides: `data` gathers it, `layout`
places the dependency graph, `figures` draws what needs no script, `page` puts it together with `page.css`, `page.js`.

`omnicloud score --html` writes a grading: `score_parts` draws, `score_page` puts it together with `page.css` and what
`score.css` adds to it; `text` makes what others wrote fit to be shown.
"""
