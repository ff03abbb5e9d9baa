// Outlines from arcs of whole steps, and distances and areas on the ellipsoid.
{
  // WGS 84
  const A = 6378137;
  const F = 1 / 298.257223563;
  const B = A * (1 - F);
  const E2 = F * (2 - F);
  const E = Math.sqrt(E2);
  const RADIANS = Math.PI / 180;

  const pointsOf = (arc, step) => {
    const points = [];
    let x = 0;
    let y = 0;
    for (let i = 0; i < arc.length; i += 2) {
      x += arc[i];
      y += arc[i + 1];
      points.push(new L.LatLng(y * step, x * step));
    }
    return points;
  };

  // Shapes as Leaflet wants them: polygons of rings of its own points, which neighbours share.
  const outlines = ({ arcs, shapes }, step) => {
    const lines = arcs.map((arc) => pointsOf(arc, step));
    const line = (n) => (n < 0 ? [...lines[~n]].reverse() : lines[n]);
    const ring = (numbers) => numbers.flatMap((n) => line(n).slice(0, -1));
    return shapes.map((polygons) => polygons.map((rings) => rings.map(ring)));
  };

  // Vincenty's inverse formula; good to a millimetre for any two points in one country.
  const distance = (from, to) => {
    const along = (to.lng - from.lng) * RADIANS;
    const u1 = Math.atan((1 - F) * Math.tan(from.lat * RADIANS));
    const u2 = Math.atan((1 - F) * Math.tan(to.lat * RADIANS));
    let lambda = along;
    for (let turn = 0; turn < 50; turn += 1) {
      const sinSigma = Math.hypot(
        Math.cos(u2) * Math.sin(lambda),
        Math.cos(u1) * Math.sin(u2) - Math.sin(u1) * Math.cos(u2) * Math.cos(lambda),
      );
      if (sinSigma === 0) return 0;
      const cosSigma = Math.sin(u1) * Math.sin(u2) + Math.cos(u1) * Math.cos(u2) * Math.cos(lambda);
      const sigma = Math.atan2(sinSigma, cosSigma);
      const sinAlpha = (Math.cos(u1) * Math.cos(u2) * Math.sin(lambda)) / sinSigma;
      const cos2Alpha = 1 - sinAlpha ** 2;
      const cosMiddle = cos2Alpha === 0 ? 0 : cosSigma - (2 * Math.sin(u1) * Math.sin(u2)) / cos2Alpha;
      const c = (F / 16) * cos2Alpha * (4 + F * (4 - 3 * cos2Alpha));
      const before = lambda;
      const bend = cosMiddle + c * cosSigma * (2 * cosMiddle ** 2 - 1);
      lambda = along + (1 - c) * F * sinAlpha * (sigma + c * sinSigma * bend);
      if (Math.abs(lambda - before) < 1e-12)
        return arcLength(sigma, sinSigma, cosSigma, cos2Alpha, cosMiddle);
    }
    return NaN;
  };

  const arcLength = (sigma, sinSigma, cosSigma, cos2Alpha, cosMiddle) => {
    const u = (cos2Alpha * (A ** 2 - B ** 2)) / B ** 2;
    const a = 1 + (u / 16384) * (4096 + u * (-768 + u * (320 - 175 * u)));
    const b = (u / 1024) * (256 + u * (-128 + u * (74 - 47 * u)));
    const third = (b / 6) * cosMiddle * (4 * sinSigma ** 2 - 3) * (4 * cosMiddle ** 2 - 3);
    const delta = b * sinSigma * (cosMiddle + (b / 4) * (cosSigma * (2 * cosMiddle ** 2 - 1) - third));
    return B * a * (sigma - delta);
  };

  const length = (points) => {
    let metres = 0;
    for (let i = 1; i < points.length; i += 1) metres += distance(points[i - 1], points[i]);
    return metres;
  };

  // On the sphere of equal area, where the area left of a meridian is the sine of the authalic latitude.
  const authalic = (latitude) => {
    const sin = Math.sin(latitude * RADIANS);
    return (1 - E2) * (sin / (1 - E2 * sin ** 2) + Math.atanh(E * sin) / E);
  };

  const area = (points) => {
    let sum = 0;
    points.forEach((point, i) => {
      const next = points[(i + 1) % points.length];
      const middle =
        (authalic(point.lat) + 4 * authalic((point.lat + next.lat) / 2) + authalic(next.lat)) / 6;
      sum += (next.lng - point.lng) * RADIANS * middle;
    });
    return Math.abs((sum * A ** 2) / 2);
  };

  Object.assign(clustersGeo, { pointsOf, outlines, length, area });
}
