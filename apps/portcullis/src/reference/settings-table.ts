import { environmentName } from '../setting/setting.ts'
import { type SettingName, type Settings, settingNames, settings } from '../setting/settings.ts'

/** The settings with a word in their name for a terminal: name, value in force, meaning, danger. */
export function settingsTable(inForce: Settings, word = ''): string[] {
  const shown = settingNames.filter((name) =>
    `${name} ${environmentName(name)}`.toLowerCase().includes(word.toLowerCase()),
  )
  return shown.flatMap((name) => {
    const { meaning, danger } = settings[name]
    return [
      `${name} = ${show(inForce[name])}    (${environmentName(name)})`,
      `    ${meaning}`,
      ...(danger === undefined ? [] : [`    Danger: ${danger}`]),
      '',
    ]
  })
}

function show(value: Settings[SettingName]): string {
  if (value === undefined) return 'not set'
  return Array.isArray(value) ? value.join(',') : String(value)
}

/** The reference page of the settings, in Markdown. */
export function settingsPage(): string {
  const rows = settingNames.map((name) => {
    const { default: byDefault, meaning, danger } = settings[name]
    const cells = [
      `\`${name}\``,
      `\`${environmentName(name)}\``,
      byDefault === undefined ? 'none' : `\`${byDefault}\``,
    ]
    return `| ${[...cells, meaning, danger ?? ''].join(' | ')} |`
  })
  return [
    '# Settings',
    '',
    'Each can be given in the environment or, except `home`, in `settings.yaml` in the home folder; the environment wins. An unknown name is refused. `npx portcullis settings` prints the values in force.',
    '',
    '| name in the file | in the environment | default | meaning | danger |',
    '|---|---|---|---|---|',
    ...rows,
    '',
    'This page is written by `npm run docs`.',
    '',
  ].join('\n')
}
