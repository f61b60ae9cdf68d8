import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { basename, join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from '@jest/globals'
import * as torch from 'node-libtorch'
import {
  CheckpointFolder,
  type CheckpointOptions,
  type Tensor,
  load,
  nn,
  ones,
  optim,
  rand,
  rngState,
  restoreRng,
  tensor
} from 'node-libtorch'

import { names, newFolder, newPath, rejection, root } from './fixtures/checkpoint_folders'
import { python, whyNoPython } from './parity/python'

const newest = (folder: CheckpointFolder) => join(folder.path, names(folder).at(-1)!)

describe('saving and loading', () => {
  test('all plain values come back', async () => {
    const folder = newFolder()
    const content = {
      weights: tensor([1, -0, Number.NaN]),
      half: tensor([0.5], { dtype: 'bfloat16' }),
      empty: torch.zeros(0, 3),
      numbers: [0, -0, 0.1, -3, 2 ** 53, 1e300, Number.NaN, Infinity, -Infinity],
      big: 2n ** 62n,
      text: 'straße',
      flags: [true, false, null],
      nested: { deep: [{ a: 1 }, []], none: {} },
      byNumber: new Map([[1, 'one']])
    }
    const saved = await folder.save(5, content)
    expect(saved).toEqual({
      path: join(folder.path, 'checkpoint-00000001-step-5.pt'),
      step: 5,
      bytes: readFileSync(saved.path).length,
      removed: [],
      notRemoved: []
    })
    const found = (await folder.latest<typeof content>())!
    expect({ step: found.step, path: found.path, skipped: found.skipped }).toEqual({
      step: 5,
      path: saved.path,
      skipped: []
    })
    const { weights, half, empty, ...plain } = found.content
    const { weights: _w, half: _h, empty: _e, ...wanted } = content
    expect(plain).toEqual(wanted)
    expect(weights.tolist()).toEqual([1, -0, Number.NaN])
    expect([half.dtype, half.item(), empty.shape]).toEqual(['bfloat16', 0.5, [0, 3]])
  })

  test('none was saved: null, and no folder is made', async () => {
    const folder = newFolder()
    expect(await folder.latest()).toBeNull()
    expect(existsSync(folder.path)).toBe(false)
  })

  test('a folder in folders that are not there is made', async () => {
    const folder = new CheckpointFolder(join(newPath(), 'a', 'b'))
    await folder.save(0, 1)
    expect((await folder.latest())?.content).toBe(1)
  })

  test('what is saved is as it was at the call, in spite of training that goes on', async () => {
    const folder = newFolder()
    const weight = ones(1000, 1000)
    const list = [1]
    const saving = folder.save(1, { weight, view: weight.at(0), list })
    weight.zero_()
    list.push(2)
    await saving
    const { content } = (await folder.latest<{ weight: Tensor; view: Tensor; list: number[] }>())!
    expect([content.weight.sum().item(), content.list]).toEqual([1e6, [1]])
    content.weight.zero_()
    expect(content.view.sum().item()).toBe(0)
  })

  test('saves queue: all are there in the order of the calls', async () => {
    const folder = newFolder({ keep: 10 })
    const steps = await Promise.all([3, 1, 2].map((step) => folder.save(step, step)))
    expect(steps.map(({ step }) => step)).toEqual([3, 1, 2])
    expect(names(folder)).toEqual([
      'checkpoint-00000001-step-3.pt',
      'checkpoint-00000002-step-1.pt',
      'checkpoint-00000003-step-2.pt'
    ])
  })

  test('latest() waits for the saves before it', async () => {
    const folder = newFolder()
    void folder.save(1, 'one')
    void folder.save(2, 'two')
    expect((await folder.latest())?.content).toBe('two')
  })

  test('a save that fails does not stop the next', async () => {
    const folder = newFolder()
    const wrong = rejection(folder.save(1, { f: () => 1 }))
    await folder.save(2, 'right')
    expect((await wrong).message).toMatch(/^value\.content\.f: expected tensors.*function/)
    expect((await folder.latest())?.step).toBe(2)
  })

  test('the event loop turns while a file is written', async () => {
    const folder = newFolder()
    let turns = 0
    let isDone = false
    const saving = folder.save(1, ones(4_000_000)).then(() => (isDone = true))
    while (!isDone) {
      turns++
      await turn()
    }
    await saving
    // 16 MB in parts of 512 KB, each written while this loop goes on.
    expect(turns).toBeGreaterThan(30)
  })

  const noPython = whyNoPython()
  const ifPython = noPython === null ? test : test.skip
  ifPython(`Python reads the files${noPython ? ` (${noPython})` : ''}`, async () => {
    const folder = newFolder()
    const { path } = await folder.save(7, { weight: tensor([1, 2]), epoch: 3 })
    const script =
      'import sys, torch\nc = torch.load(sys.argv[1])\nprint(c["step"], c["content"]["weight"].tolist(), c["content"]["epoch"])'
    const { stdout, stderr } = spawnSync(python, ['-c', script, path], { encoding: 'utf8' })
    expect([stdout, stderr]).toEqual(['7 [1.0, 2.0] 3\n', ''])
    expect(load<{ step: number }>(path).step).toBe(7)
  })

  test('a run goes on with the same bits', async () => {
    torch.setNumThreads(1)
    const make = () => {
      const model = new nn.Sequential(new nn.Linear(3, 8), new nn.Dropout(0.5), new nn.Linear(8, 1))
      const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 })
      return { model, optimizer, scheduler: new optim.lrScheduler.StepLR(optimizer, 3) }
    }
    const train = ({ model, optimizer, scheduler }: ReturnType<typeof make>, steps: number) => {
      for (let i = 0; i < steps; i++) {
        optimizer.zeroGrad()
        model(rand(4, 3)).square().mean().backward()
        optimizer.step()
        scheduler.step()
      }
      return model.parameters().map((parameter) => parameter.tolist())
    }
    torch.manualSeed(1)
    const run = make()
    train(run, 5)
    const folder = newFolder()
    await folder.save(5, {
      model: run.model.stateDict(),
      optimizer: run.optimizer.stateDict(),
      scheduler: run.scheduler.stateDict(),
      rng: rngState()
    })
    const wanted = train(run, 10)
    torch.manualSeed(99)
    const other = make()
    // biome-ignore lint/suspicious/noExplicitAny: as a user of JavaScript has it
    const { content } = (await folder.latest<any>())!
    other.model.loadStateDict(content.model)
    other.optimizer.loadStateDict(content.optimizer)
    other.scheduler.loadStateDict(content.scheduler)
    restoreRng(content.rng)
    expect(train(other, 10)).toEqual(wanted)
  })
})

describe('which ones stay', () => {
  test('the three newest, by default', async () => {
    const folder = newFolder()
    for (const step of [1, 2, 3]) expect((await folder.save(step, step)).removed).toEqual([])
    const first = join(folder.path, 'checkpoint-00000001-step-1.pt')
    expect((await folder.save(4, 4)).removed).toEqual([first])
    expect(names(folder)).toEqual([2, 3, 4].map((i) => `checkpoint-0000000${i}-step-${i}.pt`))
  })

  test('the old one stays until the new one is there', async () => {
    const folder = newFolder({ keep: 1 })
    await folder.save(1, 1)
    let isDone = false
    const saving = folder.save(2, ones(2_000_000)).then(() => (isDone = true))
    while (!isDone) {
      const there = readdirSync(folder.path).filter((name) => name.endsWith('.pt'))
      expect(there.length).toBeGreaterThan(0)
      await turn()
    }
    await saving
    expect(names(folder)).toEqual(['checkpoint-00000002-step-2.pt'])
  })

  test('the newest is the one saved last, whatever its step', async () => {
    const folder = newFolder({ keep: 2 })
    for (const step of [100, 200, 1]) await folder.save(step, step)
    expect((await folder.latest())?.step).toBe(1)
    expect(names(folder).length).toBe(2)
  })

  test('damaged ones do not count: the newest whole one is never deleted', async () => {
    const folder = newFolder({ keep: 2 })
    await folder.save(1, 1)
    await folder.save(2, 2)
    for (const name of ['checkpoint-00000003-step-3.pt', 'checkpoint-00000004-step-4.pt'])
      writeFileSync(join(folder.path, name), 'damaged')
    const again = new CheckpointFolder(folder.path, { keep: 2 })
    expect((await again.latest())?.step).toBe(2)
    const { removed } = await again.save(5, 5)
    expect(removed.map((path) => basename(path))).toEqual(['checkpoint-00000001-step-1.pt'])
    expect((await again.latest())?.step).toBe(5)
    rmSync(newest(folder))
    expect((await again.latest())?.step).toBe(2)
  })

  test('an old one that cannot be deleted is told, and the new one is saved', async () => {
    const folder = newFolder({ keep: 1 })
    const old = join(folder.path, 'checkpoint-00000001-step-1.pt')
    mkdirSync(old, { recursive: true })
    const { removed, notRemoved } = await folder.save(2, 2)
    expect(removed).toEqual([])
    expect(notRemoved).toEqual([{ path: old, reason: expect.stringMatching(/^E[A-Z]+: /) }])
    expect((await folder.latest())?.step).toBe(2)
  })

  test('files of other names are nobody’s business', async () => {
    const folder = newFolder({ keep: 1 })
    mkdirSync(folder.path)
    const others = ['README', 'checkpoint-1.pt', 'checkpoint-00000009-step-x.pt', '.x.tmp']
    for (const name of others) writeFileSync(join(folder.path, name), 'mine')
    await folder.save(1, 1)
    const found = (await folder.latest())!
    expect([found.step, found.skipped]).toEqual([1, []])
    expect(names(folder)).toEqual(expect.arrayContaining(others))
  })
})

describe('options of the run', () => {
  const options = { lr: 0.1, batchSize: 32, model: { sizes: [8, 4], patience: Infinity } }

  test('the same in another order go on', async () => {
    const folder = newFolder({ options })
    await folder.save(1, 1)
    const { model, ...rest } = options
    const other = { model: { patience: Infinity, sizes: [8, 4] }, ...rest, unset: undefined }
    const found = await new CheckpointFolder(folder.path, { options: other }).latest()
    expect(found?.step).toBe(1)
  })

  test('others are refused: the error names what differs', async () => {
    const folder = newFolder({ options })
    const { path } = await folder.save(1, 1)
    const other = { lr: 0.01, model: { sizes: [8, 5], patience: 3 }, epochs: 5 }
    const error = await rejection(new CheckpointFolder(folder.path, { options: other }).latest())
    expect([error.code, error.path]).toEqual(['ERR_TORCH_CHECKPOINT_OPTIONS', path])
    expect(error.message).toBe(
      `checkpoint ${path}: it was saved with other options: batchSize: 32 there, nothing here, lr: 0.1 there, 0.01 here, ` +
        'model.patience: "Infinity" there, 3 here, model.sizes.1: 4 there, 5 here, epochs: nothing there, 5 here; ' +
        'go on with those, or save to another folder'
    )
  })

  test('hashes of one’s own are compared, too', async () => {
    const folder = newFolder({ options, optionsHash: 'a' })
    await folder.save(1, 1)
    const at = (given: CheckpointOptions) => new CheckpointFolder(folder.path, given).latest()
    expect((await at({ optionsHash: 'a' }))?.step).toBe(1)
    expect((await rejection(at({ options, optionsHash: 'b' }))).message).toMatch(
      /other options: optionsHash: "a" there, "b" here/
    )
  })

  test('saved without: refused where there are some, and never compared where there are none', async () => {
    const folder = newFolder()
    await folder.save(1, 1)
    const error = await rejection(new CheckpointFolder(folder.path, { options }).latest())
    expect(error.message).toMatch(/it was saved without options/)
    const other = newFolder({ options })
    await other.save(1, 1)
    expect((await new CheckpointFolder(other.path).latest())?.step).toBe(1)
  })
})

describe('wrong arguments of promises', () => {
  const folder = new CheckpointFolder(join(root, 'never'))

  test.each([
    [
      'no step',
      () => folder.save(undefined as never, 1),
      /^step: expected an integer >= 0.*undefined/
    ],
    ['a step below 0', () => folder.save(-1, 1), /^step: expected an integer >= 0.*-1/],
    ['half a step', () => folder.save(0.5, 1), /^step: expected an integer/],
    [
      'no content',
      () => folder.save(1, undefined),
      /^content: expected what to save, got undefined/
    ],
    ['a module', () => folder.save(1, { model: new nn.Linear(1, 1) }), /save its stateDict\(\)/],
    ['a disposed tensor', () => folder.save(1, disposed()), /disposed/],
    [
      'an unknown option',
      () => folder.latest({ device: 'cpu' } as never),
      /unknown option 'device'/
    ],
    ['a device', () => withOne({ mapLocation: 'tpu' }), /^device: expected 'cpu'/]
  ])('%s', async (_name, call, message) => {
    expect((await rejection(call())).message).toMatch(message)
    expect(existsSync(folder.path)).toBe(false)
  })

  function disposed(): Tensor {
    const gone = ones(1)
    gone.dispose()
    return gone
  }

  async function withOne(options: { mapLocation: string }): Promise<unknown> {
    const one = newFolder()
    await one.save(1, ones(1))
    return one.latest(options)
  }
})
