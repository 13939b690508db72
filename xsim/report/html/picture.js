// The picture: events above, the windows that fetches asked for in the middle, incidents below, arrows between them.
// Only the cycles in view are drawn, and what is too much for single marks is counted in groups.

const MOST_IN_VIEW = 60, MOST_SINGLE = 40, ROW = 21, GROUP = 24; // Pixels: between rows of marks, and how wide a group is.
const RANK = Object.keys(STATES);
const line = (kind, d) => svg("path", { class: kind, d });
const label = (kind, x, y, text) => svg("text", { class: kind, x, y }, text);
const fault = (x, y) => line("fault", `M${x} ${y}l-7 9h5l-3 7l9 -10h-5l4 -6z`);
const cross = (x, y) => line("shape open missed", `M${x} ${y}l8 8m0 -8l-8 8`);

// A shape for each state, around the middle of a field of 14 by 14.
function shape(state, x, y, size = 6) {
  const paths = {
    kept: `M${x - size} ${y}a${size} ${size} 0 1 0 ${2 * size} 0a${size} ${size} 0 1 0 ${-2 * size} 0`,
    again: `M${x - size} ${y - size}h${2 * size}v${2 * size}h${-2 * size}z`,
    late: `M${x} ${y - size - 1}L${x + size + 1} ${y + size}H${x - size - 1}z`,
    missed: `M${x - size} ${y - size}L${x + size} ${y + size}M${x + size} ${y - size}L${x - size} ${y + size}`,
  };
  const hollow = state === "waiting" || state === "lost" ? " hollow" : state === "missed" ? " open" : "";
  return line(`shape ${state}${hollow}`, paths[state] || paths.kept);
}

// Where the time of an event meets the row of a fetch.
const CROSSINGS = { got: "the answer held the event", asked: "asked for its time before it was listed", left: "listed, asked for, and not in the answer", passed: "listed by then, and other times asked for" };
function crossingShape(word, state, x, y) {
  const paths = { passed: `M${x - 4} ${y - 4}l8 8m0 -8l-8 8`, left: `M${x} ${y - 6}l6 6l-6 6l-6 -6z` };
  return paths[word] ? line(`${word} ${state}`, paths[word]) : svg("circle", { class: `${word} ${state}`, cx: x, cy: y, r: 5 });
}

// Of an event that was lost or late: also why an answer did not hold it.
function crossingTold(event, place) {
  const word = crossing(event, place), state = stateOf(event);
  const isOut = state === "missed" || (state === "late" && place < deliveries.get(event)[0]);
  return isOut || (word !== "passed" && word !== "left") ? word : "";
}

class Picture {
  constructor(host, { tip, onShow, onCycle, onEvent }) {
    Object.assign(this, { host, tip, onShow, onCycle, onEvent, first: 0, count: 12, finding: null, chosen: [], shownCycle: null });
  }

  get last() { return Math.min(COUNT, this.first + this.count) - 1; }

  show(first, count = this.count) {
    this.count = Math.max(2, Math.min(MOST_IN_VIEW, COUNT, count));
    this.first = Math.max(0, Math.min(COUNT - this.count, Math.round(first)));
    this.onShow();
  }

  // Brings these cycles into view with two around them, and others where there is room.
  bring(places) {
    const low = Math.max(0, Math.min(...places) - 2), high = Math.min(COUNT - 1, Math.max(...places) + 2);
    this.show(low, Math.max(this.room, high - low + 1));
  }

  choose(index) {
    this.finding = index;
    this.chosen = index === null || DATA.named[index].length > 1 ? [] : DATA.named[index];
  }

  get width() { return Math.max(300, this.host.clientWidth); }
  get room() { return Math.floor(this.width / 60); }
  get rows() { return this.last - this.first + 1; }
  get inView() { return run.number.map((_, place) => place).slice(this.first, this.last + 1); }

  draw() {
    const focused = this.host.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    this.host.replaceChildren();
    if (!COUNT) return;
    this.marks = [];
    this.measure();
    const arrows = svg("g"), back = svg("g"), front = svg("g");
    const sources = this.drawEvents(front, 26);
    const windowsAt = sources.height + 46;
    const incidentsAt = windowsAt + this.drawWindows(front, windowsAt + 6) + 30;
    const below = incidentsAt + this.drawIncidents(front, arrows, sources, incidentsAt + 14);
    const height = below + 14 + this.explain(back, front, sources, windowsAt + 6, below);
    this.drawGround(back, height, [windowsAt - 8, incidentsAt - 6]);
    const lanes = [["Events at the vendor", 15], ["What each fetch asked for", windowsAt + 2], ["Incidents that came of it", incidentsAt + 8]];
    const head = { id: "head", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto", markerUnits: "userSpaceOnUse" };
    const name = `Cycles ${run.number[this.first]} to ${run.number[this.last]}: events, windows and incidents`;
    this.host.append(svg("svg", { viewBox: `0 0 ${this.width} ${height}`, width: this.width, height, role: "group", "aria-label": name },
      svg("defs", {}, svg("marker", head, line("head", "M0 0L8 4L0 8z"))), back, lanes.map(([text, y]) => label("lane", 8, y, text)), arrows, front));
    this.settleFocus(focused);
  }

  // The scale: cycles in view, and before them a narrow strip that holds all that is older.
  measure() {
    const { first, last } = this;
    this.from = run.at[first] - DATA.interval;
    const next = last + 1 < COUNT ? run.at[last + 1] : run.at[last] + DATA.interval;
    this.to = run.at[last] + Math.max(run.took[last], (next - run.at[last]) * 0.3);
    this.found = this.findEvents();
    this.oldest = [...run.windows.slice(first, last + 1).flat().map(([, lower]) => lower ?? this.from), ...this.found.map((event) => events.at[event])].reduce((one, other) => Math.min(one, other), this.from);
    this.left = this.oldest < this.from ? Math.min(110, this.width * 0.17) : 10;
    this.right = this.width - 62;
    this.wide = (this.right - this.left) / this.rows;
  }

  x(at) {
    if (at >= this.from) return this.left + (Math.min(at, this.to + DATA.interval) - this.from) / (this.to - this.from) * (this.right - this.left);
    return 12 + (Math.max(at, this.oldest) - this.oldest) / (this.from - this.oldest || 1) * (this.left - 26);
  }

  // Events that happened or were listed in this time, that a cycle in view delivered, or that are being explained.
  findEvents() {
    const found = new Set(this.chosen);
    for (let event = 0; event < events.at.length; event++) {
      const at = events.at[event], seen = at + events.lag[event];
      if ((at >= this.from && at <= this.to) || (seen >= this.from && seen <= this.to)) found.add(event);
    }
    for (const place of this.inView) for (const event of run.got[place]) if (event >= 0) found.add(event);
    return [...found];
  }

  mark(key, words, { lane, x, y, act }, ...parts) {
    const group = svg("g", { class: "mark", role: "button", tabindex: -1, "data-key": key, "aria-label": plain(words.join(" ")) },
      svg("circle", { class: "ring", cx: x, cy: y, r: lane === 1 ? this.rowHeight / 2 : 11 }), parts);
    const show = () => this.tip.show(words, group), { hide } = this.tip;
    build(group, { mouseenter: show, focus: show, mouseleave: hide, blur: hide, click: act });
    this.marks.push({ group, lane, x });
    return group;
  }

  drawEvents(into, top) {
    const where = new Map(), groups = new Map(), rows = []; // `where`: from event to the middle of its mark.
    const rank = (event) => (this.chosen.includes(event) ? -1 : RANK.indexOf(stateOf(event)));
    const ordered = this.found.slice().sort((one, other) => rank(one) - rank(other) || events.at[one] - events.at[other]);
    ordered.forEach((event, index) => {
      const state = stateOf(event), x = this.x(events.at[event]), seen = this.x(visible(event));
      const isFew = ordered.length <= MOST_SINGLE || this.chosen.includes(event) || (index < MOST_SINGLE && state !== "kept" && state !== "waiting");
      const name = shorten(nameOf(event), 14), end = Math.min(this.width, Math.max(seen, x) + 14 + name.length * 6.6);
      let row = isFew ? rows.findIndex((taken) => taken.every(([from, to]) => to < x - 9 || from > end)) : -1;
      if (isFew && row < 0 && rows.length < 8) row = rows.push([]) - 1;
      if (row < 0) {
        const key = `${state} ${Math.floor(x / GROUP)}`;
        return gather(groups, key, { state, x: (Math.floor(x / GROUP) + 0.5) * GROUP }, event);
      }
      rows[row].push([x - 9, end]);
      const y = top + 10 + row * ROW;
      where.set(event, { x, y, key: event });
      into.append(this.drawEvent(event, state, x, seen, y, name));
    });
    const states = RANK.filter((state) => [...groups.values()].some((group) => group.state === state));
    for (const [key, group] of groups) {
      const y = top + 10 + (rows.length + states.indexOf(group.state)) * ROW;
      for (const event of group.members) where.set(event, { x: group.x, y, key });
      into.append(this.drawGroup(`events ${key}`, group, y));
    }
    return { where, height: Math.max(1, rows.length + states.length) * ROW + 6 };
  }

  drawEvent(event, state, x, seen, y, name) {
    const changes = events.changes.filter(([of, at]) => of === event && at <= this.to).map(([, at]) => this.x(at));
    const after = Math.min(Math.max(seen + 5, x + 11), this.width - name.length * 6.6 - 4);
    return this.mark(`event ${event}`, eventWords(event), { lane: 0, x, y, act: () => this.onEvent(event) },
      seen - x > 3 && [line("lag", `M${x + 7} ${y}H${seen}`), line("listed", `M${seen} ${y - 6}V${y + 6}`)],
      changes.map((at) => line("change", `M${at} ${y - 5}l5 5l-5 5l-5 -5z`)), shape(state, x, y), label("name", after, y + 4, name));
  }

  drawGroup(key, { state, x, place, members }, y) {
    const isOfCycle = place !== undefined, isDark = state === "missed" || state === "waiting" || state === "lost";
    const names = members.slice(0, 6).map(nameOf).join(", ") + (members.length > 6 ? " and others" : "");
    const words = [`${plural(members.length, isOfCycle ? "incident" : "event")}: ${STATES[state] || "handed over, and not kept"}`, names];
    const act = () => (isOfCycle ? this.onCycle(place) : this.show(this.first + this.count / 4, Math.round(this.count / 2)));
    return this.mark(key, words, { lane: isOfCycle ? 2 : 0, x, y, act }, shape(state, x, y, 9), label(isDark ? "count dark" : "count", x, y + 4, String(members.length)));
  }

  drawWindows(into, top) {
    this.rowHeight = Math.max(8, Math.min(20, Math.floor(280 / this.rows)));
    into.append(...this.inView.map((place) => this.drawCycle(place, top + (place - this.first) * this.rowHeight)));
    return this.rows * this.rowHeight + 8;
  }

  drawCycle(place, top) {
    const middle = top + this.rowHeight / 2, ran = this.x(run.at[place]);
    const bars = run.windows[place].map(([ask, lower, upper, at]) => {
      const x = lower === null ? 4 : this.x(lower), to = Math.max(x + 3, this.x(upper ?? at));
      const kind = lower === null && upper === null ? "window endless" : "window";
      return [svg("rect", { class: kind, x, y: top + 2, width: to - x, height: this.rowHeight - 4, rx: 2, "data-ask": ask }), ran - to > 4 && line("since", `M${to} ${middle}H${ran}`)];
    });
    const isWell = run.outcome[place] === "o" && !run.failures[place];
    const isNamed = this.rowHeight >= 10 || place % 5 === 0 || !isWell;
    return this.mark(`cycle ${place}`, cycleWords(place), { lane: 1, x: ran, y: middle, act: () => this.onCycle(place) }, bars,
      line("ran", `M${ran} ${top + 1}V${top + this.rowHeight - 1}`), !isWell && cross(ran - 4, middle - 4), run.faults[place] && fault(ran - 9, middle - 8),
      isNamed && label("small", ran + 7, middle + 4, run.number[place] + (isWell ? "" : " " + cycleWord(place))));
  }

  drawIncidents(into, arrows, sources, top) {
    const drawn = new Set();
    const heights = this.inView.map((place) => {
      const made = incidentsOf(place), x = this.x(run.at[place]), groups = new Map();
      let y = top + 8;
      made.forEach(({ event, state }, position) => {
        if (made.length > 5 && !this.chosen.includes(event)) return gather(groups, state, { state, x, place }, event);
        into.append(this.drawIncident(place, position, event, state, x, y));
        this.drawArrow(arrows, sources.where.get(event), { x, y, key: `${place} ${position}` }, state, drawn, event);
        y += ROW - 3;
      });
      for (const group of groups.values()) {
        into.append(this.drawGroup(`incidents ${place} ${group.state}`, group, y + 2));
        for (const event of group.members) this.drawArrow(arrows, sources.where.get(event), { x, y: y + 2, key: `${place} ${group.state}` }, group.state, drawn, event);
        y += ROW;
      }
      return y - top;
    });
    return Math.max(...heights) + 24;
  }

  drawIncident(place, position, event, state, x, y) {
    const act = () => (event >= 0 ? this.onEvent(event, place) : this.onCycle(place));
    return this.mark(`incident ${place} ${position}`, incidentWords(event, state, place), { lane: 2, x, y, act }, shape(state, x, y),
      this.wide > 52 && label("name", x + 11, y + 4, shorten(nameOf(event), Math.max(5, Math.floor(this.wide / 8)))));
  }

  drawArrow(into, from, to, state, drawn, event) {
    const key = from && `${from.key} > ${to.key}`;
    if (!from || drawn.has(key)) return;
    drawn.add(key);
    const down = from.y + 9, up = to.y - 9, bend = (up - down) * 0.55, kind = this.chosen.includes(event) ? `arrow ${state} strong` : `arrow ${state}`;
    into.append(svg("path", { class: kind, "data-event": event, "data-place": String(to.key).split(" ")[0], "marker-end": "url(#head)",
      d: `M${from.x} ${down}C${from.x} ${down + bend} ${to.x} ${up - bend} ${to.x} ${up}` }));
  }

  drawGround(into, height, lines) {
    if (this.left > 20) into.append(svg("rect", { class: "earlier", width: this.left - 8, height }), line("tear", `M${this.left - 8} 0V${height}`), label("small", 6, height - 5, "earlier"));
    into.append(...lines.map((y) => line("rule-line", `M0 ${y}H${this.width}`)));
    const named = this.finding === null ? [] : findings[this.finding].cycles, step = Math.ceil(66 / this.wide), half = Math.min(14, this.wide / 2);
    for (const place of this.inView) {
      const x = this.x(run.at[place]);
      const band = run.outcome[place] !== "o" ? "failed-band" : named.includes(run.number[place]) || place === this.shownCycle ? "near-band" : "";
      if (band) into.append(svg("rect", { class: band, x: x - half, y: 20, width: 2 * half, height: height - 20 }));
      into.append(line("grid", `M${x} 24V${height - 16}`));
      if ((place - this.first) % step === 0) into.append(label("small middle", x, height - 4, clock(run.at[place]).replace(/\.\d+$/, "").slice(-8)));
    }
  }

  // For the events of the chosen finding: where their time lies in each window, and what came of it, in rows from `below`.
  explain(back, front, sources, top, below) {
    let y = below + 6;
    for (const event of this.chosen) {
      const from = sources.where.get(event), state = stateOf(event), x = this.x(events.at[event]);
      back.append(line(`guide ${state}`, `M${x} ${from.y + 8}V${top + this.rows * this.rowHeight}`));
      for (const place of this.inView) {
        const word = crossingTold(event, place), cy = top + (place - this.first + 0.5) * this.rowHeight;
        if (word) front.append(build(crossingShape(word, state, x, cy), { "data-crossing": `${event} ${place} ${word}` }, [svg("title", {}, `Cycle ${run.number[place]}: ${CROSSINGS[word]}`)]));
      }
      if (state === "missed" || state === "late") y += state === "missed" ? this.drawLoss(front, event, from, y) : this.drawWait(front, event, y);
    }
    return y - below;
  }

  drawLoss(into, event, from, y) {
    const [told] = findings[this.finding].cycles.filter((number) => placeOf.has(number));
    const place = told === undefined ? Math.min(firstToSee(event), COUNT - 1) : placeOf.get(told);
    const x = this.x(run.at[place]), half = (from.y + y) / 2;
    into.append(svg("path", { class: "arrow strong missed", "data-event": event, "data-place": place, d: `M${from.x} ${from.y + 9}C${from.x} ${half} ${x} ${half} ${x} ${y - 9}` }),
      shape("missed", x, y), label("name", x + 12, y + 4, `${shorten(nameOf(event), 14)} never comes`));
    return ROW;
  }

  drawWait(into, event, y) {
    const [came] = deliveries.get(event), from = firstToSee(event), x = this.x(run.at[from]), end = this.x(run.at[came]);
    if (came <= from) return 0;
    into.append(line("wait", `M${x} ${y - 6}H${end}`), line("ran", `M${x} ${y - 11}v10M${end} ${y - 11}v10`),
      label("name", Math.max(4, Math.min(x, this.width - 240)), y + 12, `${shorten(nameOf(event), 14)} was listed by then, and came ${plural(came - from, "cycle")} later`));
    return ROW + 12;
  }

  settleFocus(key) {
    const found = key && this.marks.find(({ group }) => group.dataset.key === key);
    (found || this.marks[0]).group.setAttribute("tabindex", "0");
    if (found) found.group.focus();
  }

  // Left and right go along a lane, and on to more of the run at its end; up and down go to the nearest mark of another.
  move(key) {
    const here = this.marks.find(({ group }) => group === document.activeElement);
    const lane = here.lane + ({ ArrowDown: 1, ArrowUp: -1 }[key] || 0), step = { ArrowRight: 1, ArrowLeft: -1 }[key];
    const along = this.marks.filter((mark) => mark.lane === lane).sort((one, other) => one.x - other.x);
    const near = (best, mark) => (best && Math.abs(best.x - here.x) <= Math.abs(mark.x - here.x) ? best : mark);
    const next = step ? along[along.indexOf(here) + step] : along.reduce(near, null);
    if (!next) return step && this.show(this.first + step * Math.ceil(this.count / 2));
    here.group.setAttribute("tabindex", "-1");
    next.group.setAttribute("tabindex", "0");
    next.group.focus();
  }
}

function gather(groups, key, group, event) {
  if (!groups.has(key)) groups.set(key, { ...group, members: [] });
  groups.get(key).members.push(event);
}
