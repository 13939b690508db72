// Puts the page together: the list of findings, filters, keys, theme, table, print.

const tip = {
  show(words, near) {
    const box = $("tip"), target = near.getBoundingClientRect();
    box.replaceChildren(...words.map((text, place) => html("p", {}, place ? text : html("strong", {}, text))));
    box.hidden = false;
    const isBelow = target.bottom + 8 + box.offsetHeight < innerHeight;
    box.style.left = `${scrollX + Math.max(6, Math.min(innerWidth - box.offsetWidth - 6, target.left + 14))}px`;
    box.style.top = `${scrollY + (isBelow ? target.bottom + 8 : Math.max(4, target.top - box.offsetHeight - 8))}px`;
  },
  hide() { $("tip").hidden = true; },
};

const picture = new Picture($("picture"), { tip, onShow: refresh, onCycle: showCycle, onEvent: showEvent });
const clear = (element) => { element.replaceChildren(); return element; };
let chosen = null; // The finding that is open, by its place.

// An event belongs to a finding that is shown, of this cycle if there is one; else to the cycle that delivered it.
function showEvent(event, place) {
  const having = shownFindings().filter((index) => DATA.named[index].includes(event));
  const index = having.find((each) => findings[each].cycles.includes(run.number[place])) ?? having[0];
  if (index !== undefined) choose(index, place);
  else showCycle(place ?? (deliveries.get(event) || [Math.min(firstToSee(event), COUNT - 1)])[0]);
}

function choose(index, place) {
  chosen = index;
  picture.choose(index);
  for (const button of document.querySelectorAll("#findings button")) button.setAttribute("aria-current", String(Number(button.dataset.index) === index));
  $("caption").textContent = index === null ? "" : plain(caption(index));
  build(clear($("evidence")), {}, index === null ? [html("p", { class: "quiet" }, "Choose a finding, an event or a fetch to see what is known of it.")]
    : findingPanel(index, (at) => { tellCycle($("cycle"), at); picture.bring([...telling(index), at]); }));
  const places = index === null ? [] : telling(index);
  if (!places.length) return refresh();
  tellCycle($("cycle"), place ?? places[0]);
  picture.bring(place === undefined ? places : [...places, place]);
}

// The cycles that tell a finding: the first it names, and those that could see its event first and that delivered it.
function telling(index) {
  const named = findings[index].cycles.slice(0, 3).map((number) => placeOf.get(number)), [event] = picture.chosen;
  if (event !== undefined) named.push(Math.min(firstToSee(event), COUNT - 1), (deliveries.get(event) || [])[0]);
  return [...new Set(named.filter((place) => place !== undefined))];
}

function tellCycle(into, place) {
  if (into) build(clear(into), {}, cyclePanel(place));
  for (const button of document.querySelectorAll(".cycles button")) button.setAttribute("aria-pressed", String(Number(button.dataset.cycle) === run.number[place]));
  picture.shownCycle = place;
}

function showCycle(place) {
  choose(null);
  tellCycle($("evidence"), place);
  picture.bring(place < picture.first || place > picture.last ? [place] : [picture.first + 2, picture.last - 2]);
  $("panel").focus();
}

// First and last number of the cycles that the filter lets through; null: all.
function wantedCycles() {
  const found = /^\s*(\d+)\s*(?:-\s*(\d+)\s*)?$/.exec($("by-cycle").value);
  return found && [Number(found[1]), Number(found[2] || found[1])];
}

function shownFindings() {
  const rule = $("by-rule").value, [from, to] = wantedCycles() || [];
  const weigh = ({ accepted, severity }) => (accepted ? 3 : ["error", "warning", "note"].indexOf(severity));
  const isShown = (finding) => (!rule || finding.rule === rule) && (from === undefined || finding.cycles.some((number) => number >= from && number <= to));
  return findings.map((_, index) => index).filter((index) => isShown(findings[index])).sort((one, other) => weigh(findings[one]) - weigh(findings[other]) || one - other);
}

function listFindings() {
  const shown = shownFindings();
  clear($("findings")).append(...shown.map((index) => {
    const { rule, name, severity, accepted, message } = findings[index], word = accepted ? " accepted" : "";
    return html("li", {}, html("button", { type: "button", class: severity + word, "data-index": index, "aria-current": String(index === chosen), click: () => choose(index) },
      html("span", { class: "rule" }, `${rule} ${name}, ${severity}${word && ","}${word}`), message));
  }));
  $("counted").textContent = findings.length ? `${shown.length} of ${plural(findings.length, "finding")} shown` : "Nothing was found.";
  return shown;
}

function filter() {
  const shown = listFindings(), [from, to] = wantedCycles() || [];
  if (!shown.includes(chosen)) choose(shown[0] ?? null);
  const places = run.number.map((_, place) => place).filter((place) => run.number[place] >= from && run.number[place] <= to);
  if (places.length) picture.show(places[0] - 1, places.length + 2);
}

function refresh() {
  if (!COUNT) return;
  picture.draw();
  const { first, last, count } = picture;
  $("range").textContent = `Cycles ${run.number[first]} to ${run.number[last]} of ${run.number[COUNT - 1]}`;
  const ends = { earlier: first === 0, later: last === COUNT - 1, closer: count <= 2, wider: count >= Math.min(MOST_IN_VIEW, COUNT) };
  for (const [id, isAtEnd] of Object.entries(ends)) $(id).disabled = isAtEnd;
  $("overview").hidden = count >= COUNT;
  build($("view"), { x: first / COUNT * 1000, width: Math.max(4, count / COUNT * 1000) });
  if ($("as-table").open) fillTable();
}

function fillTable() {
  const head = ["Cycle", "At", "Ended", "Asked for", "Requests", "Incidents", "Of them again", "Last run", "Events"];
  const rows = picture.inView.map((place) => [run.number[place], clock(run.at[place]), cycleWord(place), run.windows[place].map(windowWords).join("; "), run.calls[place], run.kept[place],
    (run.again[place] || []).length, `${run.size[place]} characters`, run.got[place].slice(0, 8).map(nameOf).join(", ") + (run.got[place].length > 8 ? " and more" : "")]);
  clear($("table")).append(html("thead", {}, html("tr", {}, head.map((text) => html("th", { scope: "col" }, text)))),
    html("tbody", {}, rows.map(([number, ...cells]) => html("tr", {}, html("th", { scope: "row" }, number), cells.map((cell) => html("td", {}, cell))))));
}

// Only the shapes that this run can have.
function fillLegend() {
  const present = new Set(events.at.map((_, event) => stateOf(event)));
  const accused = [...new Set(DATA.named.filter(({ length }) => length === 1).flat())].slice(0, 30);
  const met = new Set(accused.flatMap((event) => run.number.map((_, place) => crossingTold(event, place))));
  const isLost = [...run.outcome].some((outcome, place) => outcome !== "o" && run.got[place].length);
  const items = [...RANK.filter((state) => present.has(state)).map((state) => [true, shape(state, 10, 8), STATES[state]]),
    [isLost, shape("lost", 10, 8), "handed over, not kept"],
    [events.at.length > MOST_SINGLE, [shape("kept", 10, 8, 8), label("count", 10, 12, "9")], "a number: so many together"],
    [true, svg("rect", { class: "window", x: 1, y: 3, width: 18, height: 10 }), "the time a fetch asked for"],
    [run.windows.flat().some(([, lower, upper]) => lower === null && upper === null), svg("rect", { class: "window endless", x: 1, y: 3, width: 18, height: 10 }), "it asked for no time"],
    [true, line("ran", "M10 1V15"), "when the fetch ran"],
    [events.lag.some((lag) => lag > 0), [line("lag", "M1 8H15"), line("listed", "M16 2V14")], "until the vendor's API listed it"],
    [events.changes.length, line("change", "M10 3l5 5l-5 5l-5 -5z"), "the vendor changed it"],
    [Object.keys(run.faults).length, fault(12, 0), "a fault that the scenario asked for"],
    [Object.keys(run.failures).length, cross(6, 4), "on a fetch: it did not end well"],
    ...Object.keys(CROSSINGS).map((word) => [met.has(word), crossingShape(word, RANK.find((state) => present.has(state)), 10, 8), CROSSINGS[word]])];
  const shown = items.filter(([isPresent]) => isPresent);
  $("legend").append(...shown.map(([, parts, text]) => html("li", {}, svg("svg", { viewBox: "0 0 20 16", "aria-hidden": "true" }, parts), text)));
}

function onKey(press) {
  const here = document.activeElement, isMark = here.classList.contains("mark");
  const buttons = [...document.querySelectorAll("#findings button")], place = buttons.indexOf(here);
  const next = place < 0 ? undefined : buttons[{ ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: buttons.length - 1 }[press.key]];
  if (isMark && press.key.startsWith("Arrow")) picture.move(press.key);
  else if (isMark && (press.key === "Enter" || press.key === " ")) here.dispatchEvent(new MouseEvent("click"));
  else if (next) next.focus();
  else if (press.key === "Escape") goBack();
  else return;
  press.preventDefault();
}

// Escape closes the finding and goes back to it in the list.
function goBack() {
  const button = document.querySelector("#findings button[aria-current=true]") || document.querySelector("#findings button");
  tip.hide();
  choose(null);
  if (button) button.focus();
}

function switchTheme() {
  const { dataset } = document.documentElement, isDark = matchMedia("(prefers-color-scheme: dark)").matches;
  dataset.theme = (dataset.theme || (isDark ? "dark" : "light")) === "dark" ? "light" : "dark";
}

// On paper each finding comes with its evidence, the first ones of many.
function beforePrint() {
  clear($("print")).append(html("h2", {}, "Findings and their evidence"), ...shownFindings().slice(0, 40).map((index) =>
    html("article", {}, html("h3", {}, `${findings[index].rule}: ${findings[index].message}`), pairs(findings[index].evidence))));
}

// "#finding-2" in the address opens the second finding of the JSON report, "#cycle-7" the seventh cycle.
function followAddress() {
  const [, kind, number] = /^#(finding|cycle)-(\d+)$/.exec(location.hash) || [];
  if (kind === "finding" && findings[number - 1]) choose(number - 1);
  else if (kind === "cycle" && placeOf.has(Number(number))) showCycle(placeOf.get(Number(number)));
  else choose(COUNT ? listFindings()[0] ?? null : null);
}

const on = (id, name, act) => $(id).addEventListener(name, act);
const options = Object.entries(rules).map(([code, { name }]) => html("option", { value: code }, `${code} ${name} (${findings.filter(({ rule }) => rule === code).length})`));
$("by-rule").append(html("option", { value: "" }, "all rules"), ...options);
on("by-rule", "change", filter);
on("by-cycle", "input", filter);
on("no-filter", "click", () => { $("by-rule").value = $("by-cycle").value = ""; filter(); });
on("earlier", "click", () => picture.show(picture.first - Math.ceil(picture.count / 2)));
on("later", "click", () => picture.show(picture.first + Math.ceil(picture.count / 2)));
on("closer", "click", () => picture.show(picture.first + picture.count / 4, Math.round(picture.count / 2)));
on("wider", "click", () => picture.show(picture.first - picture.count / 2, picture.count * 2));
on("overview", "click", (press) => picture.show(press.offsetX / $("overview").clientWidth * COUNT - picture.count / 2));
on("as-table", "toggle", refresh);
on("theme", "click", switchTheme);
document.addEventListener("keydown", onKey);
for (const [name, act] of [["beforeprint", beforePrint], ["resize", refresh], ["hashchange", followAddress]]) addEventListener(name, act);
picture.count = Math.max(2, Math.min(MOST_IN_VIEW, COUNT, picture.room));
fillLegend();
listFindings();
followAddress();
document.documentElement.dataset.ready = "yes";
