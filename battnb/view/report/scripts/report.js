// Brings the report to life: unpacks its data, makes timeline, filters and table, and links them.

async function begin() {
  if (!("DecompressionStream" in window)) throw new Error("it is too old to unpack the data");
  const data = await unpacked("data");
  const timeline = new Timeline(data);
  const filters = new Filters(data, timeline);
  const table = new Table(data, filters);
  await timeline.draw();
  filters.onChange = () => {
    timeline.filter((columns, i) => filters.shows(columns, i));
    table.draw();
  };
  filters.onChange();
  table.onOpen = (row) => timeline.select(row);
  table.onClose = () => timeline.release();
  timeline.onSelect = (indices) => tell(timeline, table, indices);
}

// What was clicked in the timeline, in words, and the way to its row.
function tell(timeline, table, indices) {
  const place = byId("selected");
  place.replaceChildren();
  if (!indices.length) return;
  const [i] = indices;
  const { bars } = timeline;
  place.append(`${bars.name[i]}: ${bars.status[i]}, ${bars.cpu[i]} CPU, ${bars.wall[i]} wall, worker ${bars.lane[i]} `);
  if (bars.row[i] < 0) return;
  const button = make("button", { type: "button" }, "Open it in the table");
  button.addEventListener("click", () => table.open(bars.row[i], true));
  place.append(button);
}

begin()
  .then(() => {
    performance.mark("ready");
    document.documentElement.dataset.ready = "yes";
  })
  .catch((error) => {
    console.error(error);
    const words = `This browser cannot show the timeline and the table: ${error.message}. Everything else is below.`;
    byId("plot").replaceWith(make("p", { class: "notice bad" }, words));
    document.querySelector(".still").style.display = "block";
  });
