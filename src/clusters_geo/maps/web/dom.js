// Elements made piece by piece. Text only ever becomes a text node, so a name cannot become markup.
globalThis.clustersGeo = {};
{
  const SVG = "http://www.w3.org/2000/svg";

  const fill = (element, attributes, children) => {
    for (const [name, value] of Object.entries(attributes)) {
      if (name === "on") {
        for (const [event, act] of Object.entries(value)) element.addEventListener(event, act);
      } else if (typeof value === "boolean") {
        element.toggleAttribute(name, value);
      } else if (value !== null && value !== undefined) {
        element.setAttribute(name, value);
      }
    }
    element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
    return element;
  };

  // el("button", { class: "cg-x", on: { click } }, "text", child, …)
  const el = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
  const svg = (tag, attributes = {}, ...children) =>
    fill(document.createElementNS(SVG, tag), attributes, children);

  const icon = (path) =>
    svg("svg", { viewBox: "0 0 24 24", class: "cg-icon", "aria-hidden": "true" }, svg("path", { d: path }));

  const plain = (text) =>
    text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "").replace(/đ/g, "d").replace(/\s+/g, " ").trim();

  // Search forgives missing accents, capitals, spaces and the usual prefixes, written out or short.
  const PREFIX = /^(cum cong nghiep|ccn|quan|huyen|thi xa|thi tran|thanh pho|xa|phuong|q|h|p|x|tx|tt|tp)(\. ?| )(?=\S)/;
  const fold = (text) => plain(text).replace(PREFIX, "");
  const compact = (text) => fold(text).replace(/[^\p{L}\p{N}]/gu, "");

  const slug = (text) =>
    plain(text)
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-|-$/g, "")
      .slice(0, 60);

  Object.assign(clustersGeo, { el, svg, icon, fold, compact, slug });
}
