// The search boxes for people are drawn by select2, which leaves them without a name. Each box, and
// each search field that opens in one, takes the label of the <select> that it stands for.
function select(part) {
  const id = part.getAttribute("aria-controls")?.match(/^select2-(.+)-results$/)?.[1];
  return id ? document.getElementById(id) : part.closest(".select2-container")?.previousElementSibling;
}

const PARTS = ".select2-selection, .select2-selection__rendered[role=textbox], .select2-search__field";

function name() {
  for (const part of document.querySelectorAll(PARTS)) {
    const label = select(part)?.labels?.[0];
    if (!label || part.dataset.named) continue;
    part.dataset.named = label.id;
    part.setAttribute("aria-labelledby", `${label.id} ${part.getAttribute("aria-labelledby") ?? ""}`.trim());
  }
}

new MutationObserver(name).observe(document.body, { childList: true, subtree: true });
name();
