"""`envlsp editor`: put the plug-in for an editor where that editor looks. Needs no team and no key."""

from __future__ import annotations

import click

from envlsp.cli.main import Frame

_NEXT = {
    "neovim": "next, in init.lua: vim.lsp.enable('envlsp')",
    "vim": "it is there when Vim starts again",
    "vscode": "it is there in the next window",
}


@click.command()
@click.argument("name", metavar="EDITOR", type=click.Choice(list(_NEXT)))
@click.option("--path", "only_path", is_flag=True, help="Change nothing, and print where the plug-in lies.")
@click.option(
    "--with", "program", default="code", show_default=True, help="The command of a VS Code, such as codium."
)
@click.pass_obj
def command(frame: Frame, name: str, *, only_path: bool, program: str) -> None:
    """Install what this envlsp brings for an editor: neovim, vim or vscode.

    Neovim and Vim get a link, which stays right when envlsp is upgraded.
    VS Code copies its extension: say it again after an upgrade.
    """
    from envlsp.service import plugins

    if only_path:
        place = plugins.place_of(name)
    elif name == "vscode":
        place = plugins.install_extension(program)
    else:
        place = plugins.link(name)
    if frame.json:
        frame.output.document({"editor": name, "path": str(place)})
        return
    frame.output.line(str(place))
    if not only_path:
        frame.output.say(_NEXT[name])
