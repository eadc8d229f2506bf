// What the other scripts share. Text of candidates only ever becomes a text node, or is escaped first.

const byId = (id) => document.getElementById(id);

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

const escaped = (text) =>
  String(text).replace(/[&<>"']/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[c]);

async function unpacked(id) {
  const bytes = Uint8Array.from(atob(byId(id).textContent), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

// Numbers as words

function seconds(value) {
  if (value === null || value === undefined) return "not measured";
  if (Math.abs(value) >= 1) return `${value.toFixed(3)} s`;
  return `${(value * 1e3).toFixed(3)} ms`;
}

const SHOWN = {
  seconds: (v) => (v === null ? "–" : v.toFixed(v < 0.1 ? 5 : 3)),
  factor: (v) => (v === null ? "–" : v.toFixed(2)),
  count: (v) => (v === null ? "–" : String(v)),
  name: String,
  text: String,
  status: String,
};
const NUMBERS = ["seconds", "factor", "count"];
