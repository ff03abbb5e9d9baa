// Start on the offline page, where nothing has made a map yet.
{
  const data = JSON.parse(document.getElementById("cg-data").textContent);
  const start = () =>
    clustersGeo.start(
      L.map("map", { zoomControl: false, attributionControl: false, trackResize: false }),
      data,
    );
  // An address that asks for other units or the other language needs at once what else can wait.
  if (/[?#&](units|lang)=/.test(location.search + location.hash) && clustersGeo.canUnpack())
    clustersGeo.unpacked().then((rest) => {
      clustersGeo.merge(data, { ...rest, unpacked: true });
      start();
    });
  else start();
}
