// The table of candidates: DataTables sorts, searches and turns its pages; this opens its rows.

class Table {
  constructor(data, filters) {
    this.data = data;
    this.filters = filters;
    this.packs = new Map();
    this.onOpen = () => {};
    this.onClose = () => {};
    this.count = data.values.name.length;
    DataTable.ext.search.push((settings, text, index, row) => this.isShown(row));
    this.table = new DataTable("#table", {
      data: Array.from({ length: this.count }, (_, row) => row),
      columns: [this.openerColumn(), ...data.columns.map((column) => this.column(column))],
      order: [],
      deferRender: true,
      autoWidth: false,
      pageLength: 25,
      lengthMenu: [10, 25, 100, 500],
      layout: { topStart: "info", topEnd: "search", bottomStart: "pageLength", bottomEnd: "paging" },
      language: {
        search: "Search",
        info: "_START_ to _END_ of _TOTAL_ candidates",
        infoEmpty: "no candidates",
        infoFiltered: "(of _MAX_)",
        zeroRecords: "No candidate is like that",
        emptyTable: "The run has no candidates",
        lengthMenu: "_MENU_ on a page",
      },
      createdRow: (node) => node.classList.add("row"),
    });
    data.columns.forEach(({ about }, place) => (this.table.column(place + 1).header().title = about));
    byId("table").addEventListener("click", (event) => this.clicked(event));
    this.statuses = data.values.status.map((words) => words.split(" (")[0].split(" → "));
  }

  openerColumn() {
    const button = (row) =>
      `<button type="button" aria-expanded="false" aria-label="Details of ${escaped(this.data.values.name[row])}">+</button>`;
    const title = '<span class="unseen">details</span>';
    return { title, className: "opener", orderable: false, searchable: false, data: (row) => button(row) };
  }

  column({ key, title, kind }) {
    const values = this.data.values[key];
    const isNumber = NUMBERS.includes(kind);
    const fills = new Map(this.data.statuses.map((status) => [status.words, status.fill]));
    const html = (row) => {
      const text = escaped(SHOWN[kind](values[row]));
      const words = kind === "status" ? values[row].split(" → ").pop().split(" (")[0] : "";
      return kind === "status" ? `<span class="swatch" style="background:${fills.get(words)}"></span>${text}` : text;
    };
    return {
      title: escaped(title),
      className: isNumber ? "number" : kind,
      type: isNumber ? "num" : "string",
      // What is searched is unescaped by way of an element: it must be escaped as what is shown is.
      data: (row, type) => {
        if (type === "display") return html(row);
        if (type === "filter") return escaped(SHOWN[kind](values[row]));
        return values[row] ?? (isNumber ? -1 : "");
      },
    };
  }

  isShown(row) {
    const worker = this.data.values.worker?.[row] ?? null;
    return !this.statuses || this.filters.showsRow(this.statuses[row], worker);
  }

  draw() {
    this.table.draw();
  }

  clicked(event) {
    const node = event.target.closest("tr.row");
    if (!node || (event.target.closest("td, button") === null)) return;
    if (String(getSelection()) && !event.target.closest("button")) return;
    const row = this.table.row(node);
    if (row.child.isShown()) this.close(row);
    else this.open(row.data());
  }

  close(row) {
    row.child.hide();
    this.mark(row.node(), false);
    this.onClose();
  }

  mark(node, isOpen) {
    node.classList.toggle("open", isOpen);
    const button = node.querySelector("button");
    button.setAttribute("aria-expanded", isOpen);
    button.textContent = isOpen ? "−" : "+";
  }

  // Opens a row, on its page; the filter and the search give way if they hide it.
  async open(index, withFocus = false) {
    const order = () => this.table.rows({ search: "applied", order: "applied" }).data().toArray().indexOf(index);
    if (order() < 0) {
      this.table.search("");
      this.filters.showAll();
    }
    const page = Math.floor(order() / this.table.page.len());
    if (page !== this.table.page()) this.table.page(page).draw("page");
    const row = this.table.row((_, data) => data === index);
    row.child(await this.detail(index), "detail-row").show();
    this.mark(row.node(), true);
    this.onOpen(index);
    if (withFocus) {
      row.node().scrollIntoView({ block: "center" });
      row.node().querySelector("button").focus();
    }
  }

  async pack(number) {
    if (!this.packs.has(number)) this.packs.set(number, await unpacked(`pack-${number}`));
    return this.packs.get(number);
  }

  async detail(index) {
    const { together } = this.data;
    const pack = await this.pack(Math.floor(index / together));
    return detailNode(this.data, pack[index % together]);
  }
}
