// Lists texts whose contrast with what is behind them is below WCAG's 4.5 (3 where they are large), and fields whose
// edge has less than 3.
const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const over = (top, under) => top.slice(0, 3).map((one, at) => one * top[3] + under[at] * (1 - top[3])).concat(1);
const read = (color) => {
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = color;
  canvas.fillRect(0, 0, 1, 1);
  const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
  return [r, g, b, a / 255];
};
const behind = (node) => {
  const layers = [];
  for (let one = node; one; one = one.parentElement) layers.unshift(read(getComputedStyle(one).backgroundColor));
  return layers.reduce((under, top) => over(top, under), [255, 255, 255, 1]);
};
const light = ([r, g, b]) => {
  const linear = (one) => (one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
  const [x, y, z] = [r, g, b].map((one) => linear(one / 255));
  return 0.2126 * x + 0.7152 * y + 0.0722 * z;
};
const contrast = (ink, ground) => {
  const [high, low] = [light(over(ink, ground)), light(ground)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
};
const faint = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const node = walker.currentNode.parentElement;
  const words = walker.currentNode.data.trim();
  if (!words || !node.checkVisibility({ checkOpacity: true })) continue;
  if (node.closest(":disabled, .sr, [inert], noscript")) continue;
  const style = getComputedStyle(node);
  const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
  const ratio = contrast(read(style.color), behind(node));
  if (ratio < (large ? 3 : 4.5)) faint.push(`${ratio.toFixed(2)} ${node.className}: ${words}`);
}
for (const field of document.querySelectorAll("input, textarea, select, [role=combobox]")) {
  if (!field.checkVisibility() || field.matches("[inert] *, [type=checkbox], [type=radio], [type=file]")) continue;
  let edge = field;
  while (parseFloat(getComputedStyle(edge).borderTopWidth) === 0) edge = edge.parentElement;
  const ratio = contrast(read(getComputedStyle(edge).borderTopColor), behind(edge.parentElement));
  if (ratio < 3) faint.push(`${ratio.toFixed(2)} edge of ${field.className} ${field.name ?? ""}`);
}
return faint;
