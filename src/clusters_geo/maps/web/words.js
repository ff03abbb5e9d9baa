// Words come with the data, in both languages; here they are put in order and filled in.
{
  // "severity.error" is found as words.severity.error.
  const phrasebook = (texts, i) => {
    const book = {};
    for (const [key, both] of Object.entries(texts)) {
      const [name, within] = key.split(".");
      const text = both[i] ?? both[1 - i]; // a language that has not come yet
      if (within === undefined) book[name] = text;
      else {
        book[name] ??= {};
        book[name][within] = text;
      }
    }
    return book;
  };

  const fill = (template, values) => template.replace(/\{(\w+)\}/g, (mark, name) => values[name] ?? mark);

  const MISSING = "–";
  // Written here as Intl would: its first use costs a tenth of the time that the page takes to open.
  const MARKS = { vi: { group: ".", point: "," }, en: { group: ",", point: "." } };

  const halfUp = (value, decimals) => {
    const plain = Number(Math.abs(value).toFixed(decimals + 6)); // without the noise of adding up
    const away = Math.round(Number(/e/.test(plain) ? 0 : `${plain}e${decimals}`));
    const text = Number(`${away}e-${decimals}`).toFixed(decimals);
    return value < 0 && away ? `-${text}` : text;
  };

  const number = (value, lang, decimals = 1) => {
    if (value === null || value === undefined) return MISSING;
    const { group, point } = MARKS[lang];
    // Half is rounded up, as people do: 52.05 is 52.1, though its binary form lies just below.
    const exact = Math.abs(value) >= 1e15 || /e/.test(String(value)) ? value.toFixed(decimals) : halfUp(value, decimals);
    const [whole, fraction] = exact.split(".");
    const grouped = whole.replace(/\B(?=(\d{3})+$)/g, group);
    return fraction ? grouped + point + fraction : grouped;
  };

  // As format_value in words: 125.5, 0.0312, 70.
  const needed = (value, lang) => {
    const text = number(value, lang, Math.abs(value) >= 1 ? 2 : 4);
    return text.includes(MARKS[lang].point) ? text.replace(/0+$/, "").replace(/[.,]$/, "") : text;
  };

  // In decimals: 0.285 * 100 is a little more than 28.5 in binary, and would round by chance.
  const hundred = (share) => (/e/.test(String(share)) ? share * 100 : Number(`${share}e2`));

  const percent = (share, lang, decimals = 1) =>
    share === null || share === undefined ? MISSING : `${number(hundred(share), lang, decimals)}\u00a0%`;

  const date = (iso, lang) => {
    const found = /^(\d{4})-(\d\d)-(\d\d)$/.exec(iso ?? "");
    if (!found || lang === "en") return iso ?? MISSING;
    return `${found[3]}/${found[2]}/${found[1]}`;
  };

  Object.assign(clustersGeo, { phrasebook, fill, MISSING, number, needed, percent, date });
}
