/* The desk's own script: conveniences over forms that work without it. No library, no network but this desk. */
"use strict";

(() => {
  const reduced = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const all = (what, within = document) => [...within.querySelectorAll(what)];

  /* --- fields that belong to a choice: [data-for] is shown for the radios named in it --- */
  for (const form of all("form")) {
    const radios = all("input[type=radio]", form);
    if (!radios.length || !form.querySelector("[data-for]")) continue;
    const sync = () => {
      const chosen = radios.find((r) => r.checked);
      for (const field of all("[data-for]", form)) {
        const on = field.dataset.for.split(" ").includes(chosen.value);
        field.hidden = !on;
        for (const input of all("input, select, textarea", field)) {
          input.disabled = !on;
          if ("required" in input.dataset) input.required = on;
        }
      }
    };
    radios.forEach((r) => r.addEventListener("change", sync));
    sync();
  }

  /* --- what was just done is read first, and the keyboard goes on from there --- */
  const told = document.querySelector("#notes .note");
  if (told && !location.hash) told.focus({ preventScroll: true });

  /* --- report: a mark leads to its row and back --- */
  const flash = (element) => {
    if (!element) return;
    all(".lit").forEach((e) => e.classList.remove("lit"));
    element.classList.add("lit");
    element.scrollIntoView({ block: "center", behavior: reduced ? "auto" : "smooth" });
  };
  const text = document.getElementById("text");
  if (text) {
    text.addEventListener("click", (event) => {
      const mark = event.target.closest("mark[data-row]");
      if (mark && document.getSelection().isCollapsed) flash(document.getElementById("row-" + mark.dataset.row));
    });
    for (const row of all(".record [data-row]")) {
      row.addEventListener("mouseenter", () =>
        all(`mark[data-row="${row.dataset.row}"]`, text).forEach((m) => m.classList.add("lit")));
      row.addEventListener("mouseleave", () =>
        all(`mark[data-row="${row.dataset.row}"]`, text).forEach((m) => m.classList.remove("lit")));
    }

    /* --- selected words fill the form: offsets are UTF-16 units of the whole text --- */
    const form = document.getElementById("add");
    const at = (node, offset) => {
      const paragraph = (node.nodeType === 1 ? node : node.parentElement).closest(".para");
      if (!paragraph || !text.contains(paragraph)) return null;
      const range = document.createRange();
      range.selectNodeContents(paragraph);
      range.setEnd(node, offset);
      return Number(paragraph.dataset.at) + range.toString().length;
    };
    const take = () => {
      const selection = document.getSelection();
      if (!form || selection.isCollapsed || !selection.rangeCount) return;
      const range = selection.getRangeAt(0);
      if (!text.contains(range.startContainer) || !text.contains(range.endContainer)) return;
      const from = at(range.startContainer, range.startOffset);
      const to = at(range.endContainer, range.endOffset);
      const words = range.toString();
      if (from === null || to === null || !words.trim() || words.length > 1900) return;
      form.elements.words.value = words.trim().replace(/\s+/g, " ");
      form.elements.from.value = from + (words.length - words.trimStart().length);
      form.elements.to.value = to - (words.length - words.trimEnd().length);
      form.classList.add("filled");
    };
    document.addEventListener("mouseup", () => setTimeout(take, 0));
    document.addEventListener("keyup", (event) => { if (event.shiftKey || event.key === "Shift") take(); });
    if (form) form.elements.words.addEventListener("input", () => {
      form.elements.from.value = form.elements.to.value = "";
    });
  }

  /* --- incident: a reading on the small map opens its form --- */
  for (const link of all(".map.small a[href^='#reading-']")) {
    link.addEventListener("click", (event) => {
      const item = document.querySelector(link.getAttribute("href"));
      const form = item && item.querySelector("details");
      if (!form) return;
      event.preventDefault();
      form.open = true;
      item.scrollIntoView({ block: "center", behavior: reduced ? "auto" : "smooth" });
      form.querySelector("input[name=why]").focus();
    });
  }

  /* --- wide charts begin at their newest end --- */
  for (const box of all(".scroll")) if (box.querySelector(".chart")) box.scrollLeft = box.scrollWidth;

  /* --- queue: a letter opens its reason, Enter decides, Esc leaves it --- */
  if (document.body.classList.contains("queue")) {
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const field = event.target.closest("input, textarea, select");
      if (event.key === "Escape" && field) { field.blur(); return; }
      if (field) return;
      const target = document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
      if (!target) return;
      event.preventDefault();
      if (target.tagName === "A") { target.click(); return; }
      const input = target.querySelector("input[name=places]") || target.querySelector("input[name=why]");
      all(".keyed.open").forEach((f) => f.classList.remove("open"));
      target.classList.add("open");
      input.focus();
      input.select();
    });
  }

  /* --- what others decide while the page is open --- */
  const seen = document.querySelector("input[name=head]");
  const subjects = new Set(all("input[name=subject]").map((i) => i.value).filter(Boolean));
  if (seen && subjects.size) {
    const told = new Set();
    const ask = async () => {
      if (document.hidden) return;
      try {
        const answer = await fetch(`/api/decisions?after=${encodeURIComponent(seen.value)}`, { credentials: "same-origin" });
        if (!answer.ok) return;
        for (const d of (await answer.json()).items) {
          if (d.own || told.has(d.id) || !d.subjects.some((s) => subjects.has(s))) continue;
          told.add(d.id);
          const note = document.createElement("p");
          note.className = "note warn";
          note.textContent = `${d.user} decided “${d.kind}” (${d.why}) on this while the page was open. `;
          const again = document.createElement("a");
          again.href = location.href;
          again.textContent = "Reload to see it";
          note.append(again);
          document.getElementById("notes").append(note);
        }
      } catch { /* the desk has ended, or is busy: the next page says so */ }
    };
    setInterval(ask, 5000);
  }

  /* --- one press of a button is one decision --- */
  for (const form of all("form[method=post]")) {
    form.addEventListener("submit", () => {
      setTimeout(() => all("button", form).forEach((b) => { b.disabled = true; }), 0);
    });
  }
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
})();
