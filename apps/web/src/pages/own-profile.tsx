import type { z } from 'zod';
import type { ownProfile } from '#contracts/users/http.ts';
import { api } from '../api/client.ts';
import { can, refresh, session } from '../api/session.ts';
import { useDictionary } from '../dictionaries.ts';
import { chooseLocale, currentLocale, t } from '../i18n.ts';
import { useTitle } from '../router.ts';
import { useState } from 'preact/hooks';
import { fromMinor, languageName, toMinor } from '../ui/format.ts';
import { Check, Field, Form, Select } from '../ui/form.tsx';
import { useAct, useLoad } from '../ui/hooks.ts';
import { LeveledPicker, leveledOf } from '../ui/leveled-picker.tsx';
import { Avatar, Problem, Shown } from '../ui/parts.tsx';
import { Portfolio } from './own-portfolio.tsx';
import { SettingsTabs } from '../ui/settings-tabs.tsx';

type Own = z.output<typeof ownProfile>;
const LEVELS = ['beginner', 'intermediate', 'expert'] as const;
const SPOKEN = ['basic', 'conversational', 'fluent', 'native'] as const;
const FIELDS = ['country', 'city', 'languages', 'hourlyRate'] as const;
const LANGUAGES = [
  'ru',
  'en',
  'kk',
  'be',
  'uk',
  'uz',
  'ky',
  'tg',
  'hy',
  'az',
  'ka',
  'tt',
  'de',
  'fr',
  'es',
  'it',
  'pt',
  'pl',
  'tr',
  'zh',
  'ja',
  'ko',
  'ar',
  'he',
  'hi',
  'sr',
  'cs',
];
const ZONES = Intl.supportedValuesOf('timeZone');

export function OwnProfile() {
  useTitle(t('menu.profile'));
  const profile = useLoad(() => api('users', 'getOwnProfile'), []);
  return (
    <div class="narrow">
      <div class="head">
        <h1>{t('menu.profile')}</h1>
        {profile.data && (
          <a class="button-quiet" href={`/u/${profile.data.slug}`}>
            {t('own.public')}
          </a>
        )}
      </div>
      <SettingsTabs at="/profile" />
      <Shown of={profile}>
        {(data) => (
          <>
            <Completeness of={data.completeness} />
            <Photo own={data} set={profile.set} />
            <ProfileForm own={data} set={profile.set} key={`form ${data.version}`} />
            {can('users.portfolio.edit') && <Portfolio items={data.portfolio} changed={profile.reload} />}
          </>
        )}
      </Shown>
    </div>
  );
}

/** How much of the profile is there, and the step that would help most next. */
function Completeness({ of: { percent, next } }: { of: Own['completeness'] }) {
  return (
    <div class="meter">
      <label for="complete">{t('own.complete', { percent })}</label>
      <progress id="complete" max={100} value={percent} />
      {next && (
        <p>
          {t('own.next')}{' '}
          {next === 'phone' ? (
            <a href="/settings/security">{t('nextStep.phone')}</a>
          ) : (
            <button type="button" class="button-link" onClick={() => goTo(next)}>
              {t(`nextStep.${next}`)}
            </button>
          )}
        </p>
      )}
    </div>
  );
}

/** Brings a person to the field of a step. */
function goTo(step: string): void {
  const found = document.querySelector<HTMLElement>(
    step === 'portfolio' ? '#portfolio summary:last-of-type' : `[data-picks="${step}"], [name="${step}"]`,
  );
  found?.scrollIntoView({ block: 'center' });
  found?.focus();
}

function Photo({ own, set }: { own: Own; set: (next: Own) => void }) {
  const act = useAct();
  return (
    <div class="photo">
      <Avatar name={own.displayName} url={own.avatarUrl} size={88} />
      <label class="button-quiet">
        {t('own.photo')}
        <input
          type="file"
          name="avatar"
          class="hidden"
          accept="image/*"
          onChange={(event) => {
            const file = event.currentTarget.files?.[0];
            if (file) void act.run(async () => set(await api('users', 'putAvatar', { body: file })));
          }}
        />
      </label>
      <Problem problem={act.problem} />
    </div>
  );
}

function ProfileForm({ own, set }: { own: Own; set: (next: Own) => void }) {
  const skills = useDictionary('skills');
  const styles = useDictionary('styles');
  const countries = useDictionary('countries');
  const [saved, setSaved] = useState(false);
  const freelancer = own.kinds.includes('freelancer');
  return (
    <Form
      button={t('common.save')}
      submit={async (typed) => {
        const currency = own.hourlyRate?.currency ?? 'RUB';
        const rate = typed.text('hourlyRate');
        const language = typed.text('locale') as Own['locale'];
        const kinds = (['freelancer', 'client'] as const).filter((kind) => typed.has(kind));
        // A side that is new to the account comes with its rights.
        const opened = kinds.filter((kind) => !own.kinds.includes(kind) && !session.value?.roles.includes(kind));
        for (const role of opened) await api('roles', 'takeOwnRole', { body: { role } });
        const next = await api('users', 'editOwnProfile', {
          version: own.version,
          body: {
            displayName: typed.text('displayName'),
            headline: typed.text('headline') || null,
            about: typed.text('about') || null,
            country: typed.text('country') || null,
            city: typed.text('city') || null,
            timeZone: typed.text('timeZone'),
            visibility: typed.text('visibility') as Own['visibility'],
            membersOnly: FIELDS.filter((field) => typed.has(`only-${field}`)),
            languages: leveledOf(typed, 'languages').map(({ key, level }) => ({
              code: key,
              level,
            })) as Own['languages'],
            slug: typed.text('slug'),
            locale: language,
            kinds,
            ...(freelancer
              ? {
                  hourlyRate: rate ? { amount: toMinor(rate, currency) ?? '', currency } : null,
                  availability: typed.text('availability') as Own['availability'],
                  skills: leveledOf(typed, 'skills') as Own['skills'],
                  styles: leveledOf(typed, 'styles') as Own['styles'],
                }
              : {}),
          },
        });
        set(next);
        setSaved(true);
        if (opened.length > 0) await refresh();
        if (language !== currentLocale()) chooseLocale(language);
      }}
    >
      <Field label={t('field.displayName')} name="displayName" value={own.displayName} required maxLength={100} />
      <Field label={t('field.headline')} name="headline" value={own.headline ?? ''} maxLength={150} required={false} />
      <Field
        label={t('field.about')}
        name="about"
        value={own.about ?? ''}
        rows={7}
        maxLength={10_000}
        hint={t('own.aboutHint')}
        required={false}
      />
      <fieldset class="checks">
        <legend>{t('register.who')}</legend>
        <Check label={t('register.client')} name="client" checked={own.kinds.includes('client')} />
        <Check label={t('register.freelancer')} name="freelancer" checked={freelancer} />
      </fieldset>
      {freelancer && (
        <>
          <LeveledPicker
            label={t('field.skills')}
            name="skills"
            options={skills.options}
            levels={LEVELS.map((one) => [one, t(`level.${one}`)])}
            value={own.skills}
            max={50}
          />
          <LeveledPicker
            label={t('field.styles')}
            name="styles"
            options={styles.options}
            levels={LEVELS.map((one) => [one, t(`level.${one}`)])}
            value={own.styles}
            max={30}
          />
          <div class="pair">
            <Field
              label={`${t('profile.rate')}, ${own.hourlyRate?.currency ?? 'RUB'}`}
              name="hourlyRate"
              inputMode="decimal"
              value={own.hourlyRate ? fromMinor(own.hourlyRate.amount, own.hourlyRate.currency) : ''}
              required={false}
            />
            <Select
              label={t('freelancers.availability')}
              name="availability"
              value={own.availability}
              options={['available', 'busy', 'unavailable'].map((one) => [one, t(`availability.${one}`)])}
            />
          </div>
        </>
      )}
      <LeveledPicker
        label={t('profile.languages')}
        name="languages"
        options={LANGUAGES.map((code) => [code, languageName(code)])}
        levels={SPOKEN.map((one) => [one, t(`languageLevel.${one}`)])}
        value={own.languages.map(({ code, level }) => ({ key: code, level }))}
        max={20}
      />
      <div class="pair">
        <Select
          label={t('field.country')}
          name="country"
          value={own.country ?? ''}
          options={[['', '—'], ...countries.options]}
        />
        <Field label={t('field.city')} name="city" value={own.city ?? ''} maxLength={100} required={false} />
      </div>
      <div class="pair">
        <Select
          label={t('field.visibility')}
          name="visibility"
          value={own.visibility}
          options={['public', 'signed_in', 'hidden'].map((one) => [one, t(`visibility.${one}`)])}
        />
        <Select
          label={t('field.locale')}
          name="locale"
          value={own.locale}
          options={[
            ['ru', 'Русский'],
            ['en', 'English'],
          ]}
        />
      </div>
      <div class="pair">
        <Field
          label={t('own.slug')}
          name="slug"
          value={own.slug}
          required
          minLength={3}
          maxLength={60}
          pattern="[a-z0-9]+(-[a-z0-9]+)*"
          hint={t('own.slugHint', { address: `${location.host}/u/${own.slug}` })}
        />
        <Field label={t('field.timeZone')} name="timeZone" value={own.timeZone} required list={ZONES} />
      </div>
      <fieldset class="checks">
        <legend>{t('own.membersOnly')}</legend>
        {FIELDS.map((field) => (
          <Check
            key={field}
            label={t(`membersOnly.${field}`)}
            name={`only-${field}`}
            checked={own.membersOnly.includes(field)}
          />
        ))}
      </fieldset>
      {saved && (
        <p role="status" class="notice notice-good">
          {t('common.saved')}
        </p>
      )}
    </Form>
  );
}
