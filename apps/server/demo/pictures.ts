/** Pictures of the demo data, drawn here: no files, no fonts, no rights of others. */
import sharp from 'sharp';

export interface Face {
  readonly backdrop: string;
  readonly skin: string;
  readonly hair: string;
  readonly clothes: string;
  readonly cut: 'long' | 'short' | 'bun' | 'beard';
}

export type Picture = 'cup' | 'bird' | 'landing' | 'dashboard' | 'letter' | 'hills' | 'fox';

const svg = (width: number, height: number, inside: string) =>
  sharp(
    Buffer.from(
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${inside}</svg>`,
    ),
  )
    .png({ compressionLevel: 3 })
    .toBuffer();

const HAIR: Record<Face['cut'], string> = {
  long: '<path d="M98 170c0-62 26-98 70-98s70 36 70 98v96h-32v-92c-26 0-52-8-62-26-4 14-10 22-18 28v90H98z"/>',
  short: '<path d="M106 158c-6-56 24-88 64-88 38 0 66 30 60 88-8-24-20-38-34-42-30 8-64 6-76 4-8 10-12 22-14 38z"/>',
  bun: '<circle cx="168" cy="58" r="30"/><path d="M106 168c-4-60 24-94 62-94s66 34 62 94c-8-30-28-50-62-50s-54 20-62 50z"/>',
  beard:
    '<path d="M106 152c-4-54 24-80 62-80s66 26 62 80c-8-22-18-34-30-38-24 4-48 4-64 0-12 6-22 18-30 38z"/><path d="M110 172c2 62 24 84 58 84s56-22 58-84c-10 26-28 34-58 34s-48-8-58-34z"/>',
};

/** A portrait, 336 × 336. */
export function portrait(face: Face): Promise<Buffer> {
  return svg(
    336,
    336,
    `<rect width="336" height="336" fill="${face.backdrop}"/><circle cx="168" cy="150" r="128" fill="#fff" opacity=".18"/>
    ${face.cut === 'long' ? `<g fill="${face.hair}">${HAIR.long}</g>` : ''}
    <path d="M46 336c4-66 48-96 122-96s118 30 122 96z" fill="${face.clothes}"/>
    <path d="M142 210h52v36c0 16-52 16-52 0z" fill="${face.skin}"/><path d="M142 226c16 12 36 12 52 0v-8h-52z" opacity=".12"/>
    <ellipse cx="168" cy="166" rx="56" ry="66" fill="${face.skin}"/>
    <g fill="${face.hair}">${face.cut === 'long' ? '<path d="M110 160c0-50 22-78 58-78s58 28 58 78c-30 0-62-12-76-30-8 14-22 26-40 30z"/>' : HAIR[face.cut]}</g>
    <g fill="#2b2b33"><circle cx="147" cy="170" r="5.5"/><circle cx="189" cy="170" r="5.5"/></g>
    <path d="M150 200c10 10 26 10 36 0" fill="none" stroke="#a4544a" stroke-width="5" stroke-linecap="round"/>`,
  );
}

const bars = (x: number, y: number, widths: readonly number[], fill: string, step = 26, height = 12) =>
  widths
    .map((width, i) => `<rect x="${x}" y="${y + i * step}" width="${width}" height="${height}" rx="6" fill="${fill}"/>`)
    .join('');

const WORKS: Record<Picture, string> = {
  cup: `<rect width="800" height="600" fill="#f3e9dc"/><circle cx="400" cy="300" r="210" fill="#5b3a29"/>
    <path d="M290 260h200v70c0 60-40 100-100 100s-100-40-100-100z" fill="#f3e9dc"/>
    <path d="M490 280h24c50 0 50 90 0 90h-34" fill="none" stroke="#f3e9dc" stroke-width="22"/>
    <path d="M350 230c-26-30 26-44 0-78M410 230c-26-30 26-44 0-78" fill="none" stroke="#d99a5b" stroke-width="14" stroke-linecap="round"/>
    <ellipse cx="390" cy="335" rx="30" ry="44" fill="#5b3a29"/><path d="M390 295c-16 26 16 52 0 80" fill="none" stroke="#f3e9dc" stroke-width="7"/>`,
  bird: `<rect width="800" height="600" fill="#e7eef7"/><g transform="translate(400 300)"><path d="M-190 60C-150-120 40-170 150-60l70-10-56 50C150 110-60 160-190 60z" fill="#24508f"/>
    <path d="M-110 40C-60-60 60-70 90 0 40 70-50 90-110 40z" fill="#4f86cf"/><circle cx="120" cy="-42" r="11" fill="#fff"/><path d="M-190 60l-80 60 110-16z" fill="#18355f"/></g>`,
  landing: `<rect width="800" height="600" fill="#dfe5f0"/><rect x="70" y="50" width="660" height="500" rx="18" fill="#fff"/><path d="M70 68a18 18 0 0 1 18-18h624a18 18 0 0 1 18 18v26H70z" fill="#2f3650"/>
    <g fill="#fff" opacity=".6"><circle cx="98" cy="72" r="7"/><circle cx="122" cy="72" r="7"/><circle cx="146" cy="72" r="7"/></g>
    ${bars(110, 140, [260, 220], '#2f3650', 38, 24)}${bars(110, 232, [270, 240, 180], '#b8c0d4')}<rect x="110" y="330" width="150" height="46" rx="23" fill="#5b6cff"/>
    <circle cx="560" cy="250" r="108" fill="#eceeff"/><path d="M490 300l50-70 40 46 30-40 46 64z" fill="#5b6cff"/><circle cx="600" cy="195" r="18" fill="#ffb547"/>
    <g fill="#f2f4fa"><rect x="110" y="420" width="180" height="96" rx="14"/><rect x="310" y="420" width="180" height="96" rx="14"/><rect x="510" y="420" width="180" height="96" rx="14"/></g>
    ${[130, 330, 530].map((x) => bars(x, 448, [110, 80], '#b8c0d4')).join('')}`,
  dashboard: `<rect width="800" height="600" fill="#101525"/><rect x="40" y="40" width="150" height="520" rx="16" fill="#1b2238"/>${bars(64, 80, [100, 80, 92, 70], '#3a4568', 40)}
    <g fill="#1b2238"><rect x="214" y="40" width="170" height="110" rx="16"/><rect x="402" y="40" width="170" height="110" rx="16"/><rect x="590" y="40" width="170" height="110" rx="16"/><rect x="214" y="172" width="546" height="388" rx="16"/></g>
    ${['#5ee0b0', '#7f8cff', '#ffb547'].map((fill, i) => bars(236 + i * 188, 72, [110, 66], fill, 34, 14)).join('')}
    <path d="M240 500c70-20 90-150 160-130s80 70 150 10 100-110 180-140" fill="none" stroke="#7f8cff" stroke-width="8" stroke-linecap="round"/><path d="M240 520c90-10 110-80 190-70s120 10 300-60" fill="none" stroke="#5ee0b0" stroke-width="6" stroke-linecap="round"/>`,
  letter: `<rect width="800" height="600" fill="#efe6f5"/><rect x="220" y="60" width="380" height="500" rx="10" fill="#fff" transform="rotate(-4 400 300)"/><g transform="rotate(-4 400 300)">
    ${bars(260, 110, [220, 150], '#59366f', 36, 20)}${bars(260, 206, [300, 280, 300, 240, 296, 270, 180], '#cfc3d8', 30)}<rect x="260" y="440" width="300" height="70" rx="8" fill="#f6d9a8"/></g>
    <path d="M560 470l110-190 34 20-110 190-42 24z" fill="#e2725b"/><path d="M560 470l34 20-42 24z" fill="#3a2a45"/>`,
  hills: `<rect width="800" height="600" fill="#20325a"/><circle cx="600" cy="140" r="62" fill="#fbe7a8"/><g fill="#fff" opacity=".8">${[80, 190, 300, 420, 500, 700].map((x, i) => `<circle cx="${x}" cy="${60 + ((i * 53) % 130)}" r="${2 + (i % 3)}"/>`).join('')}</g>
    <path d="M0 380c150-120 280-90 420-10s240 40 380-50v280H0z" fill="#39558c"/><path d="M0 460c140-70 260-60 380 0s280 50 420-40v180H0z" fill="#2f7a6b"/><path d="M0 540c200-60 480-60 800 0v60H0z" fill="#1d5a4d"/>
    <path d="M300 400l50-44 50 44v70H300z" fill="#f4efe2"/><path d="M286 404l64-60 64 60-14 8-50-46-50 46z" fill="#c8553d"/><rect x="338" y="424" width="26" height="46" fill="#fbd267"/>`,
  fox: `<rect width="800" height="600" fill="#f7e3c4"/><path d="M0 470c220-50 560-50 800 0v130H0z" fill="#a8c686"/><path d="M520 470c130 10 180-110 110-190 10 90-80 90-140 130z" fill="#d9622b"/><path d="M600 330c16-18 30-30 30-50 20 26 24 60 14 88z" fill="#fff"/>
    <path d="M270 480c0-120 60-180 140-180s140 70 130 180z" fill="#e8763a"/><path d="M350 480c0-70 20-110 50-110s54 40 54 110z" fill="#fff"/>
    <path d="M270 170l40 50h120l40-50 10 120c-20 60-70 90-110 90s-90-30-110-90z" fill="#e8763a"/><path d="M262 290c30 0 70 20 108 88-50 0-92-34-108-88zM478 290c-30 0-70 20-108 88 50 0 92-34 108-88z" fill="#fff"/>
    <g fill="#2b2b33"><circle cx="330" cy="280" r="10"/><circle cx="410" cy="280" r="10"/><ellipse cx="370" cy="372" rx="15" ry="11"/></g>`,
};

/** A work, 800 × 600. */
export function work(picture: Picture): Promise<Buffer> {
  return svg(800, 600, WORKS[picture]);
}
