// What the first view does not need comes packed: what only cards tell, other units, the other language.
{
  const element = () => document.getElementById("cg-late");

  const canUnpack = () => !element() || "DecompressionStream" in globalThis;

  const unpacked = async () => {
    const packed = element()?.textContent;
    if (!packed || !canUnpack()) return {};
    const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return JSON.parse(await new Response(stream).text());
  };

  const merge = (data, { fields = [], origins = [], texts = {}, ...rest }) => {
    for (const [key, said] of Object.entries(texts))
      data.texts[key] = data.texts[key].map((text, i) => text ?? said[i]);
    for (const [i, told] of fields.entries()) Object.assign(data.clusters.fields[i], told);
    if (origins.length) data.clusters.origins = origins;
    return Object.assign(data, rest);
  };

  Object.assign(clustersGeo, { canUnpack, unpacked, merge });
}
