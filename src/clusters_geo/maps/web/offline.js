// Start on the offline page, where nothing has made a map yet.
clustersGeo.start(
  L.map("map", { zoomControl: false, attributionControl: false }),
  JSON.parse(document.getElementById("cg-data").textContent),
);
