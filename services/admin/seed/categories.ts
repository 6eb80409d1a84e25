/** Categories that ship: `key|ru|en`, subcategories below. */
export const CATEGORIES: readonly (readonly [string, readonly string[]])[] = [
  [
    'design|Дизайн|Design',
    [
      'logo-design|Логотипы|Logo design',
      'brand-identity|Фирменный стиль|Brand identity',
      'web-design|Дизайн сайтов|Web design',
      'ui-ux|Интерфейсы (UI/UX)|UI/UX design',
      'print-design|Полиграфия|Print design',
      'packaging-design|Упаковка|Packaging design',
      'illustration|Иллюстрация|Illustration',
      'presentation-design|Презентации|Presentation design',
      'interior-design|Дизайн интерьеров|Interior design',
    ],
  ],
  [
    'development|Разработка|Development',
    [
      'frontend|Фронтенд|Frontend',
      'backend|Бэкенд|Backend',
      'fullstack|Сайты под ключ|Full-stack websites',
      'mobile-apps|Мобильные приложения|Mobile apps',
      'desktop-apps|Настольные приложения|Desktop apps',
      'e-commerce|Интернет-магазины|E-commerce',
      'game-development|Разработка игр|Game development',
      'chatbots|Чат-боты|Chatbots',
      'databases|Базы данных|Databases',
      'testing-qa|Тестирование|Testing and QA',
      'devops|Серверы и DevOps|Servers and DevOps',
    ],
  ],
  [
    'writing|Тексты|Writing',
    [
      'copywriting|Копирайтинг|Copywriting',
      'articles|Статьи|Articles',
      'editing|Редактура и корректура|Editing and proofreading',
      'technical-writing|Техническая документация|Technical writing',
      'scripts|Сценарии|Scripts',
      'naming|Нейминг и слоганы|Naming and slogans',
    ],
  ],
  [
    'translation|Переводы|Translation',
    [
      'text-translation|Перевод текстов|Text translation',
      'localization|Локализация|Localization',
      'subtitles|Субтитры|Subtitles',
      'interpreting|Устный перевод|Interpreting',
    ],
  ],
  [
    'marketing|Маркетинг и реклама|Marketing and advertising',
    [
      'seo|Поисковое продвижение (SEO)|SEO',
      'paid-ads|Контекстная реклама|Paid search ads',
      'social-media|Продвижение в соцсетях|Social media marketing',
      'email-marketing|Email-маркетинг|Email marketing',
      'market-research|Исследования рынка|Market research',
      'public-relations|PR|Public relations',
    ],
  ],
  [
    'video|Видео и анимация|Video and animation',
    [
      'video-editing|Монтаж видео|Video editing',
      'motion-design|Моушн-дизайн|Motion design',
      '2d-animation|2D-анимация|2D animation',
      'video-production|Съёмка видео|Video production',
    ],
  ],
  [
    'audio|Аудио и музыка|Audio and music',
    [
      'voice-over|Озвучивание|Voice-over',
      'music-production|Музыка и аранжировка|Music production',
      'sound-design|Звуковой дизайн|Sound design',
      'audio-editing|Обработка звука|Audio editing',
    ],
  ],
  [
    '3d-graphics|3D-графика|3D graphics',
    [
      '3d-modeling|3D-моделирование|3D modeling',
      '3d-visualization|Визуализация|3D visualization',
      '3d-animation|3D-анимация|3D animation',
      '3d-printing|Модели для печати|Models for 3D printing',
    ],
  ],
  [
    'photo|Фотография|Photography',
    [
      'photo-shooting|Фотосъёмка|Photo shooting',
      'photo-retouching|Ретушь|Photo retouching',
      'product-photo|Предметная съёмка|Product photography',
    ],
  ],
  [
    'data-ai|Данные и ИИ|Data and AI',
    [
      'data-analysis|Анализ данных|Data analysis',
      'machine-learning|Машинное обучение|Machine learning',
      'data-scraping|Сбор данных|Data collection',
      'data-visualization|Визуализация данных|Data visualization',
    ],
  ],
  [
    'engineering|Инженерия и архитектура|Engineering and architecture',
    [
      'architecture|Архитектура|Architecture',
      'cad-drawing|Чертежи (CAD)|CAD drawing',
      'electronics|Электроника|Electronics',
      'landscape-design|Ландшафтный дизайн|Landscape design',
    ],
  ],
  [
    'business|Бизнес и право|Business and law',
    [
      'accounting|Бухгалтерия|Accounting',
      'legal|Юридические услуги|Legal services',
      'business-plans|Бизнес-планы|Business plans',
      'virtual-assistant|Личный помощник|Virtual assistant',
      'data-entry|Ввод данных|Data entry',
      'project-management|Управление проектами|Project management',
    ],
  ],
  [
    'education|Обучение и консультации|Education and consulting',
    [
      'tutoring|Репетиторство|Tutoring',
      'course-development|Создание курсов|Course development',
      'career-consulting|Карьерные консультации|Career consulting',
    ],
  ],
];
