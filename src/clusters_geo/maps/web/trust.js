// Before Leaflet: where the browser knows trusted types, no text can become markup. Leaflet itself needs two
// fixed pieces; anything else throws.
if (globalThis.trustedTypes) {
  const fixed = new Set(["", "<svg/>", '<span aria-hidden="true">&#215;</span>']);
  globalThis.trustedTypes.createPolicy("default", {
    createHTML: (text) => (fixed.has(text) ? text : null),
  });
}
