import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { t } from '../i18n.ts';
import { type Act, useAct } from './hooks.ts';
import { Problem } from './parts.tsx';

interface FieldProps {
  label: string;
  name: string;
  value?: string;
  hint?: string;
  type?:
    | 'text'
    | 'email'
    | 'password'
    | 'search'
    | 'tel'
    | 'url'
    | 'number'
    | 'date'
    | 'time'
    | 'month'
    | 'datetime-local'
    | 'file';
  required?: boolean;
  min?: number | string;
  max?: number | string;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  autoComplete?: string;
  inputMode?: 'numeric' | 'decimal' | 'email' | 'tel' | 'text' | 'search';
  placeholder?: string;
  rows?: number;
  autoFocus?: boolean;
  accept?: string;
  multiple?: boolean;
  step?: number | string;
  /** Values to pick from while typing. */
  list?: readonly string[];
}

/** A labelled input; with `rows` a text area. Its value is read from the form by its name. */
export function Field({ label, hint, rows, value, autoFocus, list, type = 'text', ...rest }: FieldProps) {
  const id = useId();
  const element = useRef<HTMLElement>(null);
  useEffect(() => {
    if (autoFocus) element.current?.focus();
  }, [autoFocus]);
  const shared = { id, defaultValue: value, 'aria-describedby': hint ? `${id}-hint` : undefined, ...rest };
  return (
    <div class="field">
      <label for={id}>
        {label}
        {!rest.required && <span class="optional"> {t('form.optional')}</span>}
      </label>
      {rows ? (
        <textarea {...shared} rows={rows} ref={element as never} />
      ) : (
        <input {...({ ...shared, type, list: list && `${id}-list` } as object)} ref={element as never} />
      )}
      {list && (
        <datalist id={`${id}-list`}>
          {list.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      )}
      {hint && <small id={`${id}-hint`}>{hint}</small>}
    </div>
  );
}

export type Option = readonly [value: string, title: string];
export function Select({
  label,
  name,
  options,
  value,
  hint,
  onPick,
  required,
}: {
  label: string;
  name: string;
  options: readonly Option[];
  value?: string;
  hint?: string;
  required?: boolean;
  onPick?: (value: string) => void;
}) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} name={name} required={required} onChange={(event) => onPick?.(event.currentTarget.value)}>
        {options.map(([key, title]) => (
          <option key={key} value={key} selected={key === (value ?? '')}>
            {title}
          </option>
        ))}
      </select>
      {hint && <small>{hint}</small>}
    </div>
  );
}

/** Several of a list, as chips that can be taken out, and a list to add from. */
export function Picker({
  label,
  name,
  options,
  value,
  max,
}: {
  label: string;
  name: string;
  options: readonly Option[];
  value: readonly string[];
  max: number;
}) {
  const id = useId();
  const [chosen, setChosen] = useState<readonly string[]>(value);
  const titles = new Map(options);
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
          if (key && !chosen.includes(key)) setChosen([...chosen, key]);
        }}
      >
        <option value="">{t('form.add')}</option>
        {options
          .filter(([key]) => !chosen.includes(key))
          .map(([key, title]) => (
            <option key={key} value={key}>
              {title}
            </option>
          ))}
      </select>
      <ul class="tags">
        {chosen.map((key) => (
          <li key={key}>
            {titles.get(key) ?? key}
            <input type="hidden" name={name} value={key} />
            <button
              type="button"
              class="chip-out"
              aria-label={t('form.remove', { what: titles.get(key) ?? key })}
              onClick={() => setChosen(chosen.filter((one) => one !== key))}
            >
              ×
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

export function Check({
  label,
  name,
  value,
  checked,
  required,
  onPick,
}: {
  label: ComponentChildren;
  name: string;
  value?: string;
  checked?: boolean;
  required?: boolean;
  onPick?: (checked: boolean) => void;
}) {
  return (
    <label class="check">
      <input
        type="checkbox"
        name={name}
        value={value ?? 'yes'}
        defaultChecked={checked}
        required={required}
        onChange={(event) => onPick?.(event.currentTarget.checked)}
      />
      <span>{label}</span>
    </label>
  );
}

/** What was typed: the last value of a name, trimmed; `all` for several. */
export interface Typed {
  text(name: string): string;
  all(name: string): string[];
  has(name: string): boolean;
  file(name: string): File | undefined;
  files(name: string): File[];
}

function filesOf(data: FormData, name: string): File[] {
  return data.getAll(name).filter((file): file is File => file instanceof File && file.size > 0);
}

function typedOf(form: HTMLFormElement): Typed {
  const data = new FormData(form);
  return {
    text: (name) => String(data.get(name) ?? '').trim(),
    all: (name) => data.getAll(name).map(String),
    has: (name) => data.has(name),
    file: (name) => filesOf(data, name)[0],
    files: (name) => filesOf(data, name),
  };
}

/** A form that sends once at a time and shows the problem of the answer. */
export function Form({
  submit,
  children,
  button,
  act,
  class: className,
  reset,
  quiet,
  onTyping,
}: {
  submit: (typed: Typed) => Promise<unknown>;
  children?: ComponentChildren;
  button: string;
  act?: Act;
  class?: string;
  /** Empties the fields after success. */
  reset?: boolean;
  quiet?: boolean;
  /** At each change of a field, before anything is sent. */
  onTyping?: (typed: Typed) => void;
}) {
  const own = useAct();
  const used = act ?? own;
  return (
    <form
      class={className ?? 'form'}
      onSubmit={async (event) => {
        event.preventDefault();
        const element = event.currentTarget;
        if ((await used.run(() => submit(typedOf(element)))) && reset) element.reset();
      }}
      onInput={onTyping && ((event) => onTyping(typedOf(event.currentTarget)))}
    >
      {children}
      <Problem problem={used.problem} />
      <div class="form-end">
        <button type="submit" class={quiet ? 'button-quiet' : 'button'} disabled={used.busy} aria-busy={used.busy}>
          {button}
        </button>
      </div>
    </form>
  );
}

/** A button that does something and shows the problem of the answer below itself. */
export function Do({
  act,
  children,
  kind = 'quiet',
  confirm: question,
  disabled,
  title,
  label,
}: {
  act: () => Promise<unknown>;
  children: ComponentChildren;
  kind?: 'main' | 'quiet' | 'bad' | 'link';
  confirm?: string;
  disabled?: boolean;
  title?: string;
  /** The accessible name, where the words alone don't say which one is meant. */
  label?: string;
}) {
  const { busy, problem, run } = useAct();
  const name = kind === 'main' ? 'button' : `button-${kind}`;
  return (
    <>
      <button
        type="button"
        class={name}
        title={title}
        aria-label={label}
        disabled={busy || disabled}
        aria-busy={busy}
        onClick={() => {
          if (question === undefined || confirm(question)) void run(act);
        }}
      >
        {children}
      </button>
      <Problem problem={problem} />
    </>
  );
}

/** A part that opens when asked for: a form that is not always wanted. */
export function Fold({
  title,
  children,
  kind,
  lazy = false,
}: {
  title: string;
  children: ComponentChildren;
  kind?: string;
  /** What is in it is asked for when it is opened first. */
  lazy?: boolean;
}) {
  const [wanted, setWanted] = useState(!lazy);
  return (
    <details class={`fold ${kind ?? ''}`} onToggle={() => setWanted(true)}>
      <summary>{title}</summary>
      <div class="fold-body">{wanted && children}</div>
    </details>
  );
}
