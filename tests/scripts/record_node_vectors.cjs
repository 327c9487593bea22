// Records what the real dotenv and dotenv-expand make of random nasty files, into
// tests/vectors/dotenv/node_generated.json. Run it by hand, in a folder whose
// node_modules has dotenv 18 and dotenv-expand 13:
//
//     node tests/scripts/record_node_vectors.cjs SEED COUNT > node_generated.json
//
// Every secret in the output is made up. `values` is null where the loader never
// returns (or throws): then only `parse` is compared.
const path = require("path");
const vm = require("vm");
const fromHere = require("module").createRequire(path.join(process.cwd(), "index.js"));
const dotenv = fromHere("dotenv");
const { expand } = fromHere("dotenv-expand");

let state = Number(process.argv[2] ?? 1);
const count = Number(process.argv[3] ?? 400);

function random() { // mulberry32: the same files for the same seed
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const pick = (list) => list[Math.floor(random() * list.length)];

const TEXT = ["A", "B", "A_1", "1", "export", "export ", "=", "=", "=", ": ", ":", " ", "  ", "\t", "\n", "\n", "\r\n",
  "\r", "'", '"', "`", "\\", "\\'", '\\"', "\\`", "\\n", "\\r", "\\$", "#", " #", "$", "${", "}", "$A", "${A}", "${B:-x}",
  "${B-$A}", ":-", ":+", "+", "-", "$$", "$&", "$`", "$'", "null", "${null", "\u2028", "\u2029", "\u00a0", "\ufeff",
  "\x0b", "\x0c", "\x1c", "\x85", "\x00", "é", "b", "xy", ".", "A=", "B=", "\nA=", "\nB=", "\nC=", '"x"', "'y'", "\n__proto__="];
const REFERENCES = ["\nA=", "\nB=", "\nC=", "\n2=", "\n1=", "${A}", "$B", "${C:-d}", "${1}", "${A:+y}", "${2-z}", "x", "$",
  "\\$", '"', "'", "$$", "$&", "null", "{", "}"];
const BROKEN = [0xff, 0xe2, 0xc2, 0x80, 0xe9, 0xf0, 0xed];

function file() {
  const parts = random() < 0.65 ? TEXT : REFERENCES;
  let text = "";
  for (let n = 2 + Math.floor(random() * 28); n > 0; n--) text += pick(parts);
  let bytes = Buffer.from(text);
  if (random() < 0.1) {
    const at = Math.floor(random() * (bytes.length + 1));
    bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from([pick(BROKEN)]), bytes.subarray(at)]);
  }
  return bytes;
}

function expanded(parsed, env) {
  const processEnv = { ...env };
  dotenv.populate(processEnv, parsed);
  const context = vm.createContext({ expand, parsed: { ...parsed }, processEnv });
  try {
    return vm.runInContext("expand({ parsed, processEnv }).parsed", context, { timeout: 1000 });
  } catch {
    return null;
  }
}

const cases = [];
while (cases.length < count) {
  const bytes = file();
  const env = random() < 0.2 ? { [pick(["A", "B", "C"])]: pick(["", "outer", "$B", "${A}", "a$b"]) } : {};
  const parse = dotenv.parse(bytes.toString("utf8"));
  if (Object.keys(parse).length === 0 && random() < 0.9) continue;
  cases.push({ base64: bytes.toString("base64"), env, parse, values: expanded(parse, env) });
}
console.log("[\n" + cases.map((each) => JSON.stringify(each)).join(",\n") + "\n]");
