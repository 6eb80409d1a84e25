import type { z } from 'zod';
import type { ownProfile } from '#contracts/users/http.ts';
import { api } from '../api/client.ts';
import { t } from '../i18n.ts';
import { Do, Field, Fold, Form, type Typed } from '../ui/form.tsx';
import { useAct } from '../ui/hooks.ts';
import { Empty, Problem, Tags } from '../ui/parts.tsx';
import { Sortable } from '../ui/sortable.tsx';

type Item = z.output<typeof ownProfile>['portfolio'][number];
interface Of {
  item: Item;
  changed: () => void;
}

/** Own works: in the order in which others see them, each with its images and a cover. */
export function Portfolio({ items, changed }: { items: readonly Item[]; changed: () => void }) {
  return (
    <section id="portfolio">
      <h2>{t('profile.portfolio')}</h2>
      {items.length === 0 && (
        <Empty>
          <p>{t('portfolio.none')}</p>
        </Empty>
      )}
      <Sortable
        items={items}
        keyOf={(item) => item.itemId}
        nameOf={(item) => item.title}
        label={t('profile.portfolio')}
        class="cards cards-grid"
        save={(order) => api('users', 'orderPortfolio', { body: { itemIds: order.map((item) => item.itemId) } })}
      >
        {(item) => <Work item={item} changed={changed} />}
      </Sortable>
      <Fold title={t('own.addWork')}>
        <Form
          reset
          button={t('own.addWork')}
          submit={async (typed) => {
            const item = await api('users', 'addPortfolioItem', { body: wordsOf(typed) });
            for (const image of typed.files('image'))
              await api('users', 'addPortfolioImage', { params: { itemId: item.itemId }, body: image });
            changed();
          }}
        >
          <Words />
          <Field
            label={t('portfolio.images')}
            name="image"
            type="file"
            accept="image/*"
            multiple
            required={false}
            hint={t('portfolio.imagesHint')}
          />
        </Form>
      </Fold>
    </section>
  );
}

function wordsOf(typed: Typed) {
  return {
    title: typed.text('title'),
    description: typed.text('description'),
    link: typed.text('link') || null,
    tags: typed
      .text('tags')
      .split(',')
      .map((tag) => tag.trim())
      .filter(Boolean),
  };
}

function Words({ item }: { item?: Item }) {
  return (
    <>
      <Field label={t('field.title')} name="title" value={item?.title} required maxLength={150} />
      <Field
        label={t('field.description')}
        name="description"
        value={item?.description}
        rows={4}
        maxLength={5000}
        required={false}
      />
      <Field label={t('field.link')} name="link" type="url" value={item?.link ?? ''} required={false} />
      <Field
        label={t('field.tags')}
        name="tags"
        value={item?.tags.join(', ')}
        hint={t('edit.tagsHint')}
        required={false}
      />
    </>
  );
}

function Work({ item, changed }: Of) {
  const cover = item.images[0];
  const params = { itemId: item.itemId };
  return (
    <article class="card work">
      {cover && <img src={cover.url} width={cover.width} height={cover.height} alt={item.title} draggable={false} />}
      <h3>{item.title}</h3>
      <Tags of={item.tags} />
      <Fold title={t('portfolio.edit')}>
        <Images item={item} changed={changed} />
        <Form
          key={item.version}
          button={t('common.save')}
          submit={async (typed) => {
            await api('users', 'editPortfolioItem', { params, version: item.version, body: wordsOf(typed) });
            changed();
          }}
        >
          <Words item={item} />
        </Form>
      </Fold>
      <Do
        kind="bad"
        confirm={t('own.removeWorkSure')}
        label={t('form.remove', { what: item.title })}
        act={async () => {
          await api('users', 'removePortfolioItem', { params });
          changed();
        }}
      >
        {t('own.removeWork')}
      </Do>
    </article>
  );
}

function Images({ item, changed }: Of) {
  const adding = useAct();
  const params = { itemId: item.itemId };
  const nameOf = (place: number) => t('portfolio.image', { place: place + 1 });
  const save = async (order: Item['images']) => {
    await api('users', 'orderPortfolioImages', { params, body: { imageIds: order.map((one) => one.imageId) } });
    changed();
  };
  return (
    <div class="images">
      <Sortable
        items={item.images}
        keyOf={(image) => image.imageId}
        nameOf={(_image, place) => nameOf(place)}
        label={t('portfolio.images')}
        class="thumbs"
        save={(order) => save([...order])}
      >
        {(image, place) => (
          <figure>
            <img src={image.url} width={image.width} height={image.height} alt={nameOf(place)} draggable={false} />
            <figcaption>
              {place === 0 ? (
                <span class="status status-good">{t('portfolio.cover')}</span>
              ) : (
                <Do kind="link" act={() => save([image, ...item.images.filter((one) => one !== image)])}>
                  {t('portfolio.makeCover')}
                </Do>
              )}
              <Do
                kind="link"
                confirm={t('portfolio.removeImageSure')}
                label={t('form.remove', { what: nameOf(place) })}
                act={async () => {
                  await api('users', 'removePortfolioImage', { params: { ...params, imageId: image.imageId } });
                  changed();
                }}
              >
                {t('own.removeWork')}
              </Do>
            </figcaption>
          </figure>
        )}
      </Sortable>
      <label class="button-quiet">
        {t(adding.busy ? 'portfolio.adding' : 'portfolio.add')}
        <input
          type="file"
          class="hidden"
          accept="image/*"
          multiple
          disabled={adding.busy}
          onChange={(event) => {
            const files = [...(event.currentTarget.files ?? [])];
            event.currentTarget.value = '';
            if (files.length === 0) return;
            void adding.run(async () => {
              for (const body of files) await api('users', 'addPortfolioImage', { params, body });
              changed();
            });
          }}
        />
      </label>
      <Problem problem={adding.problem} />
    </div>
  );
}
