"""JavaScript and TypeScript: every usual way to read a variable, and what only looks like one."""

from __future__ import annotations

import pytest

from envlsp.code.reads import Form
from tests.support.code_marks import check_reads, language_of

FILES = ("a.js", "a.ts", "a.tsx")

READS = (
    "process.env.⟦A⟧",
    "process.env[\"⟦A⟧\"]; process.env['⟦B⟧']; process.env[`⟦C⟧`]",
    'process?.env?.⟦A⟧; process.env?.["⟦B⟧"]',
    "globalThis.process.env.⟦A⟧",
    "process.env.⟦A|default⟧ ?? 'd'; process.env.⟦B|default⟧ || 'd'; 'd' || process.env.⟦C⟧",
    "(process.env.⟦A|default⟧) ?? 'd'",
    "process.env.⟦A|write⟧ = 'v'; delete process.env.⟦B|write⟧",
    "process.env.⟦A|default write⟧ ??= 'v'; process.env.⟦B|write⟧ += 'v'",
    'process.env["⟦A|write⟧"] = "v"',
    '"⟦A|default⟧" in process.env',
    '("⟦A|default⟧") in (process.env)',
    'if (!("⟦A|default⟧" in process.env)) delete process.env["⟦B|write⟧"]',
    'process.env.hasOwnProperty("⟦A|default⟧")',
    "import.meta.env.⟦A⟧; import.meta.env['⟦B⟧']; import.meta.env.⟦MODE⟧",
    'Deno.env.get("⟦A⟧"); Deno.env.has("⟦B|default⟧"); Deno.env.set("⟦C|write⟧", "v")',
    'Deno.env.get("⟦A|default⟧") ?? "d"',
    "Bun.env.⟦A⟧; Bun.env['⟦B⟧']",
    "`${process.env.⟦A⟧}/x`",
    "process.env.⟦A⟧.split(','); f(process.env.⟦B⟧)",
    "if (!process.env.⟦A⟧) { throw new Error('x') }",
    "process\n  .env\n  .⟦A⟧",
    "const x = { '🚀': process.env.⟦A⟧ }",
    "(process.env).⟦A⟧",
    "(process.env)['⟦A⟧']",
    "class A { url = process.env.⟦A⟧; static { process.env.⟦B⟧ } }",
    "export default async () => await f(process.env.⟦A⟧)",
)
BOUND = (
    "const { ⟦A⟧, ⟦B⟧: local, ⟦C|default⟧ = 'd', ⟦D|default⟧: other = 'd' } = process.env",
    "const { '⟦A⟧': a, ['⟦B⟧']: b } = process.env",
    "const { ⟦A⟧, ...rest } = process.env; rest.⟦B⟧",
    "({ ⟦A⟧ } = process.env)",
    "const { ⟦A⟧ } = import.meta.env",
    "const { ⟦A⟧ } = process.env ",
    "function f({ ⟦A⟧ } = process.env) {}",
    "function f(env = process.env) { env.⟦A⟧ }",
    "const env = process.env; env.⟦A⟧; env['⟦B⟧']; const { ⟦C⟧ } = env; '⟦D|default⟧' in env",
    "const a = process.env, b = a; b.⟦A⟧",
    "const { env } = process; env.⟦A⟧",
    "const { env: e } = process; e.⟦A⟧",
    "const { env: { ⟦A⟧ } } = process",
    'import { env } from "process"; env.⟦A⟧',
    'import { env as e } from "node:process"; e.⟦A⟧',
    'import proc from "node:process"; proc.env.⟦A⟧',
    'import * as proc from "process"; proc.env.⟦A⟧',
    'const { env } = require("process"); env.⟦A⟧',
    'const process = require("node:process"); process.env.⟦A⟧',
    'require("process").env.⟦A⟧',
    "const get = Deno.env.get; get('⟦A⟧')",
    "const { get } = Deno.env; get('⟦A⟧')",
    "const env = process.env; function f() { return env.⟦A⟧ }",
    "let env; env = process.env; env.⟦A⟧",
)
NO_READS = (
    "process.env; process.env[name]; process.env[`A${b}`]; process.env['A' + b]",
    "process.env['A\\x41']; process.env['']; process.env['A B']",
    "process.env.toString(); process.env.A()",
    "a.process.env.A; this.process.env.A; f().process.env.A",
    "process.envs.A; process.argv.A; import.meta.url.A",
    "env.A; const { A } = env",
    "// process.env.A\n/* process.env.B */",
    "'process.env.A'; `process.env.B`",
    "import { env } from './config'; env.A; process.env",
    "process.env.$A",
)
SHADOWED = (
    "function f(process) { process.env.A }\nprocess.env.⟦B⟧",
    "const f = (process) => process.env.A; const g = process => process.env.B",
    "const f = ({ process }) => process.env.A",
    "const process = fake(); process.env.A",
    "{ const process = fake(); process.env.A }\nprocess.env.⟦B⟧",
    "import process from './fake'; const process = 1; process.env.A",
    "const env = process.env; function f(env) { env.A }\nenv.⟦B⟧",
    "const env = process.env; { const env = {}; env.A }\nenv.⟦B⟧",
    "function f() { const env = process.env }\nenv.A",
)
BROKEN = (
    "class {\n  x = (\nconst y = process.env.⟦A⟧\nconst z = process.env['⟦B⟧']\n",
    "if (\nconst a = process?.env?.⟦A⟧ // process.env.B\n",
    "const x = process.env.⟦A⟧ + foo(",
    "function (\nprocess.env.⟦A⟧\n",
    "const a = process.env.⟦A⟧\nprocess.env.\nfoo()\nprocess.env.⟦B⟧",
    "const { ⟦A⟧, = process.env",
)
TYPED = (
    "process.env.⟦A⟧!",
    "process.env!.⟦A⟧",
    "process.env.⟦A⟧ as string",
    "(process.env as any).⟦A⟧; (process.env as Record<string, string>)['⟦B⟧']",
    "(process.env.⟦A|default⟧ as string) ?? 'd'; process.env.⟦B|default⟧! || 'd'",
    "const { ⟦A⟧ }: Record<string, string> = process.env as any",
    "function f(env: NodeJS.ProcessEnv = process.env) { env.⟦A⟧ }",
    "function f({ ⟦A⟧ }: Env = process.env) {}",
    "function f(process: Fake) { process.env.A }",
    "function f(x: typeof process) { process.env.⟦A⟧ }",
    "import process = require('process'); process.env.⟦A⟧",
    "const env = process.env satisfies Env; env.⟦A⟧",
    "enum A { X = process.env.⟦A⟧ }",
)
ELEMENTS = (
    "const a = <a href={process.env.⟦A⟧} title='process.env.B'>{process.env.⟦C⟧} process.env.D</a>",
    "const a = <A {...{ x: import.meta.env.⟦A⟧ }} />",
)


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("text", (*READS, *BOUND, *NO_READS, *SHADOWED, *BROKEN))
def test_reads(file: str, text: str) -> None:
    check_reads(file, text)


@pytest.mark.parametrize("file", ("a.ts", "a.tsx"))
@pytest.mark.parametrize("text", TYPED)
def test_typed_reads(file: str, text: str) -> None:
    check_reads(file, text)


@pytest.mark.parametrize("file", ("a.jsx", "a.js", "a.tsx"))
@pytest.mark.parametrize("text", ELEMENTS)
def test_reads_in_elements(file: str, text: str) -> None:
    check_reads(file, text)


def test_typescript_keeps_its_casts() -> None:
    check_reads("a.ts", "const a = <string>process.env.⟦A⟧")


def test_forms() -> None:
    found = check_reads(
        "a.js", "const { ⟦A⟧, ⟦B⟧: b, '⟦C⟧': c } = process.env; process.env.⟦D⟧; process.env['⟦E⟧']"
    )
    assert [read.form for read in found] == [
        Form.SHORTHAND,
        Form.PROPERTY,
        Form.STRING,
        Form.PROPERTY,
        Form.STRING,
    ]


@pytest.mark.parametrize("name", ("a.mjs", "a.cjs", "a.jsx"))
def test_suffixes_of_javascript(name: str) -> None:
    assert language_of(name) is language_of("a.js")


@pytest.mark.parametrize("name", ("a.mts", "a.cts"))
def test_suffixes_of_typescript(name: str) -> None:
    assert language_of(name) is language_of("a.ts")
