import { useId, useState } from 'preact/hooks';
import { t } from '../i18n.ts';
import type { Option, Typed } from './form.tsx';

export interface Leveled {
  key: string;
  level: string;
}

/** Several of a list, each with how well. */
export function LeveledPicker({
  label,
  name,
  options,
  levels,
  value,
  max,
}: {
  label: string;
  name: string;
  options: readonly Option[];
  levels: readonly Option[];
  value: readonly Leveled[];
  max: number;
}) {
  const id = useId();
  const [chosen, setChosen] = useState<readonly Leveled[]>(value);
  const titles = new Map(options);
  const usual = levels[Math.floor((levels.length - 1) / 2)]?.[0] ?? '';
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        data-picks={name}
        disabled={chosen.length >= max}
        onChange={(event) => {
          const key = event.currentTarget.value;
          event.currentTarget.value = '';
          if (key && !chosen.some((one) => one.key === key)) setChosen([...chosen, { key, level: usual }]);
        }}
      >
        <option value="">{t('form.add')}</option>
        {options
          .filter(([key]) => !chosen.some((one) => one.key === key))
          .map(([key, title]) => (
            <option key={key} value={key}>
              {title}
            </option>
          ))}
      </select>
      <ul class="leveled">
        {chosen.map(({ key, level }) => {
          const title = titles.get(key) ?? key;
          return (
            <li key={key}>
              <span>{title}</span>
              <input type="hidden" name={name} value={key} />
              <select name={`${name}Level`} aria-label={t('own.levelOf', { what: title })}>
                {levels.map(([one, words]) => (
                  <option key={one} value={one} selected={one === level}>
                    {words}
                  </option>
                ))}
              </select>
              <button
                type="button"
                class="chip-out"
                aria-label={t('form.remove', { what: title })}
                onClick={() => setChosen(chosen.filter((one) => one.key !== key))}
              >
                ×
              </button>
            </li>
          );
        })}
      </ul>
    </div>
  );
}

/** What was picked, by the name of the picker. */
export function leveledOf(typed: Typed, name: string): Leveled[] {
  const levels = typed.all(`${name}Level`);
  return typed.all(name).map((key, at) => ({ key, level: levels[at] ?? '' }));
}
