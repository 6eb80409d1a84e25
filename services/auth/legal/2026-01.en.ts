import type { LegalTexts } from './texts.ts';

export const en202601: LegalTexts = {
  terms: {
    title: 'Terms of use',
    sections: [
      {
        heading: 'Who and what',
        paragraphs: [
          'The platform {{site}} helps clients and freelancers to find each other, agree and settle. It is run by {{operator}} ({{address}}), the operator below.',
          'The operator is no party to the deals: the freelancer does the work, the client accepts and pays for it.',
        ],
      },
      {
        heading: 'The account',
        paragraphs: [
          'An account is for a person who may conclude deals by himself. What he says of himself is true and kept so.',
          'One person has one account, in which he may be client and freelancer. Password and codes are given to nobody. When access has got into other hands the operator is told at once.',
        ],
      },
      {
        heading: 'Deals and money',
        paragraphs: [
          'A deal is made when the client accepts a freelancer’s response. Its conditions are those written in the order, the response and the agreed changes.',
          'The price is held by the payments of the platform until the work is accepted: then it goes to the freelancer; at a cancellation by the rules of the deal it goes back to the client.',
          'The fee of a publication and the commission are shown before a decision binds. There are no other charges.',
          'When the sides do not agree, either may open a dispute. The support rules by conversation, files and the conditions of the order; both sides see the ruling and its grounds.',
        ],
      },
      {
        heading: 'What is not allowed',
        paragraphs: [
          'To offer or order what the law forbids; to pass off the work of others as one’s own; to deceive, threaten or insult; to fake reviews; to take the settlement off the platform; to disturb its working.',
          'For that the operator may hide a thing, restrict an account or block it. The reason is told and the decision can be appealed; the money of unfinished deals is not lost by it.',
        ],
      },
      {
        heading: 'Materials',
        paragraphs: [
          'The rights in texts, works and files stay with those who put them here. The operator shows and keeps them only so that the platform works. The rights in the result of an order pass as the sides have agreed.',
        ],
      },
      {
        heading: 'Liability',
        paragraphs: [
          'The operator answers for the working of the platform and the safety of the money held. The sides of a deal answer for the quality of the work and for the payment. Interruptions happen; planned ones are announced.',
        ],
      },
      {
        heading: 'Changes, law, contact',
        paragraphs: [
          'The terms have a version with a date. A new one is announced beforehand; former ones stay to be read. The law of the operator’s country applies, unless the law gives a consumer more.',
          'Contact of the operator: {{contact}}.',
        ],
      },
    ],
  },
  privacy: {
    title: 'Privacy policy',
    sections: [
      {
        heading: 'Who is responsible',
        paragraphs: ['The data are processed by {{operator}} ({{address}}). Questions about data: {{contact}}.'],
      },
      {
        heading: 'What is kept, and why',
        paragraphs: [
          'To run the account: name, email, phone if given, country, language, time zone, a hash of the password, the settings of the second factor, a log of sign-ins with the name of the device and a rough place by the beginning of the network address.',
          'To find each other and work: profile, portfolio, orders, responses, conversations, files, reviews.',
          'To settle: movements of money, holds, withdrawals, and the mark of a card as the payment provider gave it. The platform sees no card numbers.',
          'To help and to answer to the law: tickets and disputes, a log of actions, a log of consents.',
          'There is no advertising and no tracker of others. The browser holds nothing but cookies for the sign-in and the choice of the language.',
        ],
      },
      {
        heading: 'Who sees it',
        paragraphs: [
          'Open fields of a profile are seen by those you opened them to; email and phone by no other user. Conversations and files are seen by the sides of the deal, and by the support during a dispute; that is logged.',
          'The payment provider and the delivery of mail and SMS get what can not be done without: sum and receiver, address and text. Data are not sold, and given to nobody else but where the law demands it.',
        ],
      },
      {
        heading: 'How long',
        paragraphs: [
          'As long as there is an account. After you ask for erasure there are 14 days to call it off; then everything personal is erased and an act of destruction is made. Records of money and deals stay under a number without a name, as the law demands, and so do your lines in conversations: they are the other side’s too.',
          'Backups live until newer ones replace them.',
        ],
      },
      {
        heading: 'Your rights',
        paragraphs: [
          'In the settings, on the page “Your data”, you get an archive of everything that is kept of you, ask for erasure, see and withdraw consents. You correct data in your profile. You may complain to the operator and to the supervisory authority.',
        ],
      },
      {
        heading: 'How it is protected',
        paragraphs: [
          'Passwords are kept as Argon2id hashes, secrets of the second factor encrypted. Access of the staff is limited by rights and written to a log that nobody can change unnoticed.',
        ],
      },
    ],
  },
  consent: {
    title: 'Consent to the processing of personal data',
    sections: [
      {
        heading: 'The consent',
        paragraphs: [
          'I consent to the processing of my personal data by the operator, {{operator}} ({{address}}): name, email address, phone number, country, language and time zone, profile and portfolio, pictures, orders, responses, conversations and files, reviews, settlements, tickets, data of the device and of sign-ins.',
        ],
      },
      {
        heading: 'Purposes and acts',
        paragraphs: [
          'Purposes: registration and sign-in, making and performing deals, settlement, support and disputes, security, compliance with the law.',
          'Acts, automated and not: collecting, recording, ordering, storing, correcting, retrieving, using, giving to the other side of a deal, to the payment provider and to the delivery of messages, pseudonymising, blocking, erasing.',
        ],
      },
      {
        heading: 'Term and withdrawal',
        paragraphs: [
          'The consent holds until the account is erased. It can be withdrawn at any time: in the settings, on the page “Your data”, by asking for erasure, or by a letter to the operator ({{contact}}). What the law orders to be kept longer is kept without a name.',
          'Details are in the privacy policy.',
        ],
      },
    ],
  },
  news: {
    title: 'News of the platform',
    sections: [
      {
        heading: 'What this box is about',
        paragraphs: [
          'With your consent {{operator}} sends you news of the platform {{site}} by mail: what is new, what has changed. There will be no mail about goods and services of others.',
          'The consent is voluntary: the platform works the same without it. Withdraw it on the page “Your data” or by the link at the end of each mail.',
        ],
      },
    ],
  },
};
