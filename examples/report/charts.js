// Draws the two charts of the report from the JSON in the page; uPlot is inlined before this.
'use strict'
;(() => {
  const report = JSON.parse(document.getElementById('report').textContent)
  const dark = matchMedia('(prefers-color-scheme: dark)')
  const color = (name) =>
    getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()
  const font = (size) => `${size}px ${getComputedStyle(document.body).fontFamily}`
  const charts = []

  // Gradient descent and batch gradient descent coincide: a wide line below, a dashed one above.
  const strokes = [{ width: 6 }, { width: 2 }, { width: 2, dash: [8, 8] }]

  const compact = new Intl.NumberFormat('en-US', { notation: 'compact' })
  const lossTicks = [
    0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1, 1.5, 2, 3, 5, 10, 20, 50, 100
  ]
  const number = (value, digits) => (value == null ? '–' : value.toFixed(digits))

  function draw(id, unit, label) {
    const host = document.getElementById(id)
    // Neither axis can show step 0 on a logarithmic scale: curves start at their first step.
    const tables = report.results.map(({ curve }) => {
      const kept = curve[unit].map((_, i) => i).filter((i) => curve[unit][i] > 0)
      return [kept.map((i) => curve[unit][i]), kept.map((i) => curve.loss[i])]
    })
    const optimum = report.optimum.trainLoss
    const [xs, ...losses] = tables.length > 0 ? uPlot.join(tables) : [[]]
    const shown = losses.flat().filter((value) => value > 0)
    const [low, high] = [Math.min(optimum, ...shown) * 0.96, Math.max(optimum, ...shown) * 1.08]
    const axis = {
      font: font(12),
      labelFont: font(12),
      labelSize: 24,
      stroke: color('muted'),
      grid: { stroke: color('grid'), width: 1 },
      ticks: { stroke: color('line'), width: 1, size: 5 }
    }
    const curves = report.results.map(({ method }, i) => ({
      label: method,
      stroke: color(`series-${i}`),
      ...strokes[i],
      spanGaps: true,
      points: { show: losses[i].filter((value) => value > 0).length < 2, size: 7 },
      value: (_, value) => number(value, 5)
    }))
    const options = {
      width: host.clientWidth,
      height: 380,
      scales: {
        x: {
          time: false,
          distr: 3,
          range: (_, min, max) => [min ?? 1, max > min ? max : (min ?? 1) * 10]
        },
        y: { distr: 3, range: [low, high] }
      },
      axes: [
        {
          ...axis,
          label,
          size: 34,
          splits: (u) => {
            const [from, to] = [u.scales.x.min, u.scales.x.max].map(Math.log10)
            const powers = []
            for (let p = Math.ceil(from - 1e-9); p <= to + 1e-9; p++) powers.push(10 ** p)
            return powers
          },
          filter: (_, splits) => splits,
          values: (_, splits) => splits.map((value) => compact.format(value))
        },
        {
          ...axis,
          label: 'training loss',
          size: 56,
          splits: () => lossTicks.filter((value) => value >= low && value <= high),
          filter: (_, splits) => splits,
          values: (_, splits) => splits.map(String)
        }
      ],
      series: [
        { label, value: (_, value) => (value == null ? '–' : value.toLocaleString('en-US')) },
        ...curves,
        {
          label: 'least squares, closed form',
          stroke: color('optimum'),
          width: 1.5,
          dash: [2, 4],
          points: { show: false },
          value: () => number(optimum, 5)
        }
      ],
      cursor: { y: false, points: { size: 8 }, drag: { x: false, y: false } },
      legend: { markers: { width: 0, fill: (u, i) => u.series[i].stroke(u, i) } }
    }
    host.replaceChildren()
    charts.push(new uPlot(options, [xs, ...losses, xs.map(() => optimum)], host))
  }

  function drawAll() {
    for (const chart of charts.splice(0)) chart.destroy()
    draw('chart-step', 'step', 'step')
    draw('chart-samples', 'samples', 'samples seen')
  }

  drawAll()
  dark.addEventListener('change', drawAll)
  addEventListener('resize', () => {
    for (const chart of charts) {
      chart.setSize({ width: chart.root.parentElement.clientWidth, height: chart.height })
    }
  })
})()
