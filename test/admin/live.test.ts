import t from 'tap'
import { appPath, command } from '../helper.js'
import { launch, noBrowser, openPage } from './browser.js'

const TOKEN = '0123456789abcdef'

t.test('the page shows a killed worker, and a reload that it has started, as they happen', { skip: noBrowser }, async t => {
  const app = command(t, ['start', appPath('plugin.mjs'), '--port', '0', '--workers', '3', '--admin', '127.0.0.1:0', '--admin-token', TOKEN])
  const { address } = await app.line(({ event }) => event === 'admin')
  const [, , third] = await app.workers(3)
  const browser = await launch()
  t.teardown(async () => { await browser.close() })
  const { page, problems } = await openPage(browser, `${String(address)}/`)
  await page.goto(String(address))
  const rows = page.locator('#rows tr[data-state=ready]')
  const ids = async (): Promise<string[]> => await rows.locator('th').allTextContents()
  await page.getByText('3 workers, all ready').waitFor()
  t.strictSame(await ids(), ['1', '2', '3'])
  t.ok(await page.locator('#rows').getByText(String(third), { exact: true }).isVisible(), 'a worker can be found by its pid')

  process.kill(third as number, 'SIGKILL')
  await page.getByRole('log').getByText('worker 3 was killed by SIGKILL').waitFor()
  await page.locator('#rows [data-id="4"][data-state=ready]').waitFor()
  t.strictSame(await ids(), ['1', '2', '4'])

  await page.evaluate("steps = new Set(); new MutationObserver(() => steps.add(document.getElementById('reload-text').textContent)).observe(document.getElementById('reload-text'), { childList: true, characterData: true, subtree: true })")
  await page.getByLabel('Token').fill(TOKEN)
  await page.getByRole('button', { name: 'Reload' }).click()
  await page.locator('#reload').getByText('Reload to generation 1 complete').waitFor()
  t.strictSame(await page.evaluate('[...steps]'), [
    ...[0, 1, 2, 3].map(replaced => `Reload to generation 1: ${replaced} of 3 workers replaced`),
    'Reload to generation 1 complete'
  ])
  await page.locator('#answer').getByText('Reloaded to generation 1').waitFor()
  await page.locator('#rows [data-id="7"][data-state=ready]').waitFor()
  t.strictSame(problems, [])
  await app.stop()
  await page.getByRole('alert').getByText('Connection to the server lost').waitFor()
})
