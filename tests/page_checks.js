// Checks that a browser test runs within the page: each gives a list of what is wrong.

const parts = (colour) => colour.match(/[\d.]+/g).map(Number);
const linear = (one) => (one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
const light = ([red, green, blue]) => 0.2126 * linear(red / 255) + 0.7152 * linear(green / 255) + 0.0722 * linear(blue / 255);

function ground(element) {
  for (let one = element; one; one = one.parentElement) {
    const found = parts(getComputedStyle(one).backgroundColor);
    if (found.length < 4 || found[3] > 0) return found;
  }
  return [255, 255, 255];
}

// Texts whose contrast to what they stand on is below 4.5 to 1. Numbers within a mark stand on the mark.
function poorContrasts() {
  const poor = [];
  for (const one of document.querySelectorAll("body *")) {
    const isText = [...one.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
    if (!isText || !one.getClientRects().length || one.disabled || one.closest("script, style, option, .count")) continue;
    const style = getComputedStyle(one);
    const both = [light(ground(one)), light(parts(one instanceof SVGElement ? style.fill : style.color))];
    const ratio = (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
    if (ratio < 4.5) poor.push([one.tagName, one.textContent.slice(0, 40), ratio]);
  }
  return poor;
}

// What one can act on, or what is a picture, and has no name for those who do not see it.
function nameless() {
  const all = [...document.querySelectorAll("button, select, input, [role=button], [role=img], [role=group], section")];
  const named = (one) => one.getAttribute("aria-label") || one.getAttribute("aria-labelledby") || one.textContent.trim() || one.labels?.length;
  return all.filter((one) => !named(one)).map((one) => one.outerHTML.slice(0, 80));
}

function twiceNamed() {
  const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
  return ids.filter((id, place) => ids.indexOf(id) !== place);
}
