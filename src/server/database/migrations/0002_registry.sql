-- Who may do what on the server, and the registry of places. Times are UTC milliseconds.

-- People of the province and its communes, owners of places, and other systems. What they did stays in the audit trail.
CREATE TABLE officers (
  officer text PRIMARY KEY CHECK (officer ~ '^[a-z0-9][a-z0-9._-]{1,39}$'),
  name text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('person', 'system')),
  made_at_ms bigint NOT NULL,
  revoked_at_ms bigint
);

-- A role counts where its scope reaches: everywhere, in one commune, or at one place. No foreign key on scope_id: it
-- names rows of two tables.
CREATE TABLE officer_roles (
  officer text NOT NULL REFERENCES officers,
  role text NOT NULL
    CHECK (role IN ('viewer', 'place-owner', 'fleet', 'tracer', 'approver', 'auditor', 'admin')),
  scope_kind text NOT NULL CHECK (scope_kind IN ('province', 'commune', 'place')),
  scope_id text NOT NULL CHECK ((scope_kind = 'province') = (scope_id = '')),
  given_at_ms bigint NOT NULL,
  PRIMARY KEY (officer, role, scope_kind, scope_id)
);

-- Bearer tokens, of which only the hash is kept: 256 random bits need no slow hash.
CREATE TABLE access_keys (
  key_id text PRIMARY KEY,
  token_hash bytea NOT NULL UNIQUE CHECK (length(token_hash) = 32),
  officer text NOT NULL REFERENCES officers,
  label text NOT NULL,
  made_at_ms bigint NOT NULL,
  expires_at_ms bigint NOT NULL,
  revoked_at_ms bigint,
  last_used_at_ms bigint
);
CREATE INDEX access_keys_of_officer ON access_keys (officer);

-- Where the posters' codes lead: https://HOST, without a path.
ALTER TABLE province ADD COLUMN public_url text CHECK (public_url ~ '^https?://[^/]+$');

CREATE TABLE communes (
  commune text PRIMARY KEY CHECK (commune ~ '^[0-9]{5}$'),
  name text NOT NULL UNIQUE
);

-- Addresses of before the reform are still on signs and cards.
CREATE TABLE former_units (
  commune text NOT NULL REFERENCES communes,
  district text NOT NULL,
  province text NOT NULL,
  name text NOT NULL,
  PRIMARY KEY (commune, district, province, name)
);

-- state: a place that registered itself waits for the commune's officer. short_code: the digits on its poster.
-- import_key: what makes a row of an imported file the same place again. Hours: days 1 (Monday) to 7, minutes of the day.
ALTER TABLE places
  ADD COLUMN state text NOT NULL DEFAULT 'approved' CHECK (state IN ('pending', 'approved', 'rejected')),
  ADD COLUMN commune text REFERENCES communes,
  ADD COLUMN short_code text UNIQUE CHECK (short_code ~ '^[0-9]{9}$'),
  ADD COLUMN opening_hours jsonb,
  ADD COLUMN owner_name text,
  ADD COLUMN owner_phone text,
  ADD COLUMN retention_days integer CHECK (retention_days BETWEEN 1 AND 28),
  ADD COLUMN questions text[] NOT NULL DEFAULT '{}' CHECK (questions <@ ARRAY['health', 'movement']),
  ADD COLUMN import_key text UNIQUE,
  ADD COLUMN owner_token_hash bytea UNIQUE CHECK (length(owner_token_hash) = 32),
  ADD COLUMN decided_by text,
  ADD COLUMN decided_at_ms bigint,
  ADD COLUMN decision_note text;
CREATE INDEX places_of_commune ON places (commune, place);
CREATE INDEX places_waiting ON places (made_at_ms) WHERE state = 'pending';

-- Parts of a place where people meet: contacts are counted within one.
CREATE TABLE zones (
  zone text PRIMARY KEY,
  place text NOT NULL REFERENCES places,
  name text NOT NULL,
  UNIQUE (place, name)
);
ALTER TABLE gates ADD COLUMN zone text REFERENCES zones;

CREATE TABLE lanes (
  gate text NOT NULL REFERENCES gates,
  lane text NOT NULL,
  direction text NOT NULL CHECK (direction IN ('in', 'out', 'auto')),
  PRIMARY KEY (gate, lane)
);

-- Codes of earlier sites that places have adopted, sign by sign as they are printed. By hash, for they have any length.
CREATE TABLE place_codes (
  code_hash bytea PRIMARY KEY CHECK (length(code_hash) = 32),
  code text NOT NULL,
  place text NOT NULL REFERENCES places,
  adopted_by text NOT NULL,
  adopted_at_ms bigint NOT NULL
);
CREATE INDEX place_codes_of_place ON place_codes (place);

-- Codes that somebody scanned and that no place has yet: kept, so that adopting them explains what came before.
CREATE TABLE unknown_place_codes (
  code_hash bytea PRIMARY KEY CHECK (length(code_hash) = 32),
  code text NOT NULL,
  times bigint NOT NULL,
  first_seen_at_ms bigint NOT NULL,
  last_seen_at_ms bigint NOT NULL
);

-- The 96 communes and wards of Tây Ninh. Names: Resolution 1682/NQ-UBTVQH15 of 16 June 2025 of the National Assembly's
-- Standing Committee; numbers: Decision 19/2025/QĐ-TTg of 30 June 2025. Where from and how sure: decision record 0026.
INSERT INTO communes (commune, name) VALUES
('25459', 'Phường Tân Ninh'),
('25480', 'Phường Bình Minh'),
('25486', 'Xã Tân Biên'),
('25489', 'Xã Tân Lập'),
('25498', 'Xã Thạnh Bình'),
('25510', 'Xã Trà Vong'),
('25516', 'Xã Tân Châu'),
('25522', 'Xã Tân Đông'),
('25525', 'Xã Tân Hội'),
('25531', 'Xã Tân Hòa'),
('25534', 'Xã Tân Thành'),
('25549', 'Xã Tân Phú'),
('25552', 'Xã Dương Minh Châu'),
('25567', 'Phường Ninh Thạnh'),
('25573', 'Xã Cầu Khởi'),
('25579', 'Xã Lộc Ninh'),
('25585', 'Xã Châu Thành'),
('25588', 'Xã Hảo Đước'),
('25591', 'Xã Phước Vinh'),
('25606', 'Xã Hòa Hội'),
('25621', 'Xã Ninh Điền'),
('25630', 'Phường Long Hoa'),
('25633', 'Phường Thanh Điền'),
('25645', 'Phường Hòa Thành'),
('25654', 'Phường Gò Dầu'),
('25657', 'Xã Thạnh Đức'),
('25663', 'Xã Phước Thạnh'),
('25666', 'Xã Truông Mít'),
('25672', 'Phường Gia Lộc'),
('25681', 'Xã Bến Cầu'),
('25684', 'Xã Long Chữ'),
('25702', 'Xã Long Thuận'),
('25708', 'Phường Trảng Bàng'),
('25711', 'Xã Hưng Thuận'),
('25729', 'Xã Phước Chỉ'),
('25732', 'Phường An Tịnh'),
('27694', 'Phường Long An'),
('27712', 'Phường Tân An'),
('27715', 'Phường Khánh Hậu'),
('27721', 'Xã Tân Hưng'),
('27727', 'Xã Hưng Điền'),
('27736', 'Xã Vĩnh Thạnh'),
('27748', 'Xã Vĩnh Châu'),
('27757', 'Xã Vĩnh Hưng'),
('27763', 'Xã Khánh Hưng'),
('27775', 'Xã Tuyên Bình'),
('27787', 'Phường Kiến Tường'),
('27793', 'Xã Bình Hiệp'),
('27811', 'Xã Bình Hòa'),
('27817', 'Xã Tuyên Thạnh'),
('27823', 'Xã Mộc Hóa'),
('27826', 'Xã Tân Thạnh'),
('27838', 'Xã Nhơn Hòa Lập'),
('27841', 'Xã Hậu Thạnh'),
('27856', 'Xã Nhơn Ninh'),
('27865', 'Xã Thạnh Hóa'),
('27868', 'Xã Bình Thành'),
('27877', 'Xã Thạnh Phước'),
('27889', 'Xã Tân Tây'),
('27898', 'Xã Đông Thành'),
('27907', 'Xã Mỹ Quý'),
('27925', 'Xã Đức Huệ'),
('27931', 'Xã Hậu Nghĩa'),
('27937', 'Xã Đức Hòa'),
('27943', 'Xã An Ninh'),
('27952', 'Xã Hiệp Hòa'),
('27964', 'Xã Đức Lập'),
('27976', 'Xã Mỹ Hạnh'),
('27979', 'Xã Hòa Khánh'),
('27991', 'Xã Bến Lức'),
('27994', 'Xã Thạnh Lợi'),
('28003', 'Xã Lương Hòa'),
('28015', 'Xã Bình Đức'),
('28018', 'Xã Mỹ Yên'),
('28036', 'Xã Thủ Thừa'),
('28051', 'Xã Mỹ Thạnh'),
('28066', 'Xã Mỹ An'),
('28072', 'Xã Tân Long'),
('28075', 'Xã Tân Trụ'),
('28087', 'Xã Nhựt Tảo'),
('28093', 'Xã Vàm Cỏ'),
('28108', 'Xã Cần Đước'),
('28114', 'Xã Rạch Kiến'),
('28126', 'Xã Long Cang'),
('28132', 'Xã Mỹ Lệ'),
('28138', 'Xã Tân Lân'),
('28144', 'Xã Long Hựu'),
('28159', 'Xã Cần Giuộc'),
('28165', 'Xã Phước Lý'),
('28177', 'Xã Mỹ Lộc'),
('28201', 'Xã Phước Vĩnh Tây'),
('28207', 'Xã Tân Tập'),
('28210', 'Xã Tầm Vu'),
('28222', 'Xã Vĩnh Công'),
('28225', 'Xã Thuận Mỹ'),
('28243', 'Xã An Lục Long');

-- Until 30 June 2025: which communes, wards and towns of which district went into which of the 96, wholly or in part.
INSERT INTO former_units (commune, district, province, name)
SELECT f.commune, f.district, f.province, unnest(string_to_array(f.names, ', ')) FROM (VALUES
('25459', 'Huyện Châu Thành', 'Tây Ninh', 'Xã Thái Bình'),
('25459', 'Thành phố Tây Ninh', 'Tây Ninh', 'Phường 1, Phường 2, Phường 3, Phường IV, Phường Hiệp Ninh'),
('25480', 'Huyện Dương Minh Châu', 'Tây Ninh', 'Xã Suối Đá, Xã Phan'),
('25480', 'Thành phố Tây Ninh', 'Tây Ninh', 'Phường Ninh Sơn, Xã Tân Bình, Xã Bình Minh, Xã Thạnh Tân'),
('25486', 'Huyện Tân Biên', 'Tây Ninh', 'Xã Tân Bình, Xã Thạnh Tây, Thị trấn Tân Biên'),
('25489', 'Huyện Tân Biên', 'Tây Ninh', 'Xã Tân Lập, Xã Thạnh Bắc'),
('25498', 'Huyện Tân Biên', 'Tây Ninh', 'Xã Thạnh Bình, Xã Tân Phong'),
('25510', 'Huyện Tân Biên', 'Tây Ninh', 'Xã Mỏ Công, Xã Trà Vong'),
('25516', 'Huyện Tân Châu', 'Tây Ninh', 'Thị trấn Tân Châu, Xã Thạnh Đông, Xã Tân Phú, Xã Suối Dây'),
('25522', 'Huyện Tân Châu', 'Tây Ninh', 'Xã Tân Đông, Xã Tân Hà'),
('25525', 'Huyện Tân Châu', 'Tây Ninh', 'Xã Tân Hiệp, Xã Tân Hội'),
('25531', 'Huyện Tân Châu', 'Tây Ninh', 'Xã Tân Hòa, Xã Suối Ngô'),
('25534', 'Huyện Tân Châu', 'Tây Ninh', 'Xã Tân Thành, Xã Suối Dây'),
('25549', 'Huyện Tân Biên', 'Tây Ninh', 'Xã Mỏ Công, Xã Trà Vong, Xã Tân Phong'),
('25549', 'Huyện Tân Châu', 'Tây Ninh', 'Xã Tân Hưng, Xã Tân Phú'),
('25552', 'Huyện Dương Minh Châu', 'Tây Ninh', 'Thị trấn Dương Minh Châu, Xã Phan, Xã Suối Đá, Xã Phước Minh'),
('25567', 'Huyện Dương Minh Châu', 'Tây Ninh', 'Xã Bàu Năng, Xã Chà Là'),
('25567', 'Thành phố Tây Ninh', 'Tây Ninh', 'Phường Ninh Thạnh'),
('25573', 'Huyện Dương Minh Châu', 'Tây Ninh', 'Xã Phước Ninh, Xã Cầu Khởi, Xã Chà Là'),
('25579', 'Huyện Dương Minh Châu', 'Tây Ninh', 'Xã Bến Củi, Xã Lộc Ninh, Xã Phước Minh'),
('25585', 'Huyện Châu Thành', 'Tây Ninh', 'Thị trấn Châu Thành, Xã Đồng Khởi, Xã An Bình, Xã Thái Bình'),
('25588', 'Huyện Châu Thành', 'Tây Ninh', 'Xã An Cơ, Xã Trí Bình, Xã Hảo Đước'),
('25591', 'Huyện Châu Thành', 'Tây Ninh', 'Xã Phước Vinh'),
('25591', 'Huyện Tân Biên', 'Tây Ninh', 'Xã Hòa Hiệp'),
('25606', 'Huyện Châu Thành', 'Tây Ninh', 'Xã Biên Giới, Xã Hòa Thạnh, Xã Hòa Hội'),
('25621', 'Huyện Châu Thành', 'Tây Ninh', 'Xã Thành Long, Xã Ninh Điền'),
('25630', 'Thị xã Hòa Thành', 'Tây Ninh', 'Phường Long Thành Bắc, Phường Long Hoa, Xã Trường Hòa, Xã Trường Tây, Xã Trường Đông'),
('25633', 'Huyện Châu Thành', 'Tây Ninh', 'Xã Thanh Điền'),
('25633', 'Thị xã Hòa Thành', 'Tây Ninh', 'Phường Hiệp Tân'),
('25645', 'Thị xã Hòa Thành', 'Tây Ninh', 'Phường Long Thành Trung, Xã Long Thành Nam'),
('25654', 'Huyện Gò Dầu', 'Tây Ninh', 'Thị trấn Gò Dầu, Xã Thanh Phước'),
('25654', 'Thị xã Trảng Bàng', 'Tây Ninh', 'Phường Gia Bình'),
('25657', 'Huyện Gò Dầu', 'Tây Ninh', 'Xã Thạnh Đức, Xã Cẩm Giang'),
('25663', 'Huyện Gò Dầu', 'Tây Ninh', 'Xã Hiệp Thạnh, Xã Phước Trạch, Xã Phước Thạnh'),
('25666', 'Huyện Dương Minh Châu', 'Tây Ninh', 'Xã Truông Mít'),
('25666', 'Huyện Gò Dầu', 'Tây Ninh', 'Xã Bàu Đồn'),
('25672', 'Huyện Gò Dầu', 'Tây Ninh', 'Xã Phước Đông'),
('25672', 'Thị xã Trảng Bàng', 'Tây Ninh', 'Phường Gia Lộc'),
('25681', 'Huyện Bến Cầu', 'Tây Ninh', 'Thị trấn Bến Cầu, Xã An Thạnh, Xã Tiên Thuận, Xã Lợi Thuận'),
('25684', 'Huyện Bến Cầu', 'Tây Ninh', 'Xã Long Phước, Xã Long Chữ'),
('25684', 'Huyện Châu Thành', 'Tây Ninh', 'Xã Long Vĩnh'),
('25702', 'Huyện Bến Cầu', 'Tây Ninh', 'Xã Long Thuận, Xã Long Giang, Xã Long Khánh'),
('25708', 'Thị xã Trảng Bàng', 'Tây Ninh', 'Phường An Hòa, Phường Trảng Bàng'),
('25711', 'Thị xã Trảng Bàng', 'Tây Ninh', 'Xã Đôn Thuận, Xã Hưng Thuận'),
('25729', 'Thị xã Trảng Bàng', 'Tây Ninh', 'Xã Phước Bình, Xã Phước Chỉ'),
('25732', 'Thị xã Trảng Bàng', 'Tây Ninh', 'Phường Lộc Hưng, Phường An Tịnh'),
('27694', 'Huyện Thủ Thừa', 'Long An', 'Xã Bình Thạnh'),
('27694', 'Thành phố Tân An', 'Long An', 'Phường 1, Phường 3, Phường 4, Phường 5, Phường 6, Xã Hướng Thọ Phú'),
('27712', 'Thành phố Tân An', 'Long An', 'Phường 7, Xã Bình Tâm, Xã Nhơn Thạnh Trung, Xã An Vĩnh Ngãi'),
('27715', 'Thành phố Tân An', 'Long An', 'Phường Tân Khánh, Phường Khánh Hậu, Xã Lợi Bình Nhơn'),
('27721', 'Huyện Tân Hưng', 'Long An', 'Thị trấn Tân Hưng, Xã Vĩnh Thạnh, Xã Vĩnh Lợi'),
('27727', 'Huyện Tân Hưng', 'Long An', 'Xã Hưng Hà, Xã Hưng Điền B, Xã Hưng Điền'),
('27736', 'Huyện Tân Hưng', 'Long An', 'Xã Thạnh Hưng, Xã Vĩnh Châu B, Xã Hưng Thạnh'),
('27748', 'Huyện Tân Hưng', 'Long An', 'Xã Vĩnh Đại, Xã Vĩnh Bửu, Xã Vĩnh Châu A'),
('27757', 'Huyện Vĩnh Hưng', 'Long An', 'Thị trấn Vĩnh Hưng, Xã Vĩnh Trị, Xã Thái Trị, Xã Khánh Hưng, Xã Thái Bình Trung, Xã Vĩnh Thuận, Xã Vĩnh Bình'),
('27763', 'Huyện Vĩnh Hưng', 'Long An', 'Xã Hưng Điền A, Xã Thái Bình Trung, Xã Vĩnh Trị, Xã Thái Trị, Xã Khánh Hưng'),
('27775', 'Huyện Vĩnh Hưng', 'Long An', 'Xã Tuyên Bình, Xã Tuyên Bình Tây, Xã Vĩnh Bình, Xã Vĩnh Thuận, Xã Thái Bình Trung'),
('27787', 'Thị xã Kiến Tường', 'Long An', 'Phường 1, Phường 2, Phường 3'),
('27793', 'Huyện Mộc Hóa', 'Long An', 'Xã Bình Hòa Tây'),
('27793', 'Thị xã Kiến Tường', 'Long An', 'Xã Thạnh Trị, Xã Bình Tân, Xã Bình Hiệp'),
('27811', 'Huyện Mộc Hóa', 'Long An', 'Xã Bình Thạnh, Xã Bình Hòa Đông, Xã Bình Hòa Trung'),
('27817', 'Huyện Tân Thạnh', 'Long An', 'Xã Bắc Hòa'),
('27817', 'Thị xã Kiến Tường', 'Long An', 'Xã Thạnh Hưng, Xã Tuyên Thạnh'),
('27823', 'Huyện Mộc Hóa', 'Long An', 'Xã Tân Thành, Xã Tân Lập, Thị trấn Bình Phong Thạnh'),
('27826', 'Huyện Tân Thạnh', 'Long An', 'Xã Tân Bình, Xã Tân Hòa, Xã Kiến Bình, Thị trấn Tân Thạnh'),
('27838', 'Huyện Tân Thạnh', 'Long An', 'Xã Tân Lập, Xã Nhơn Hòa, Xã Nhơn Hòa Lập'),
('27841', 'Huyện Tân Thạnh', 'Long An', 'Xã Hậu Thạnh Đông, Xã Hậu Thạnh Tây, Xã Bắc Hòa'),
('27856', 'Huyện Tân Thạnh', 'Long An', 'Xã Tân Thành, Xã Tân Ninh, Xã Nhơn Ninh'),
('27865', 'Huyện Thạnh Hóa', 'Long An', 'Thị trấn Thạnh Hóa, Xã Thủy Tây, Xã Thạnh An'),
('27868', 'Huyện Thạnh Hóa', 'Long An', 'Xã Tân Hiệp, Xã Thuận Bình'),
('27868', 'Huyện Đức Huệ', 'Long An', 'Xã Bình Hòa Hưng'),
('27877', 'Huyện Thạnh Hóa', 'Long An', 'Xã Thuận Nghĩa Hòa, Xã Thạnh Phú, Xã Thạnh Phước'),
('27889', 'Huyện Thạnh Hóa', 'Long An', 'Xã Tân Đông, Xã Thủy Đông, Xã Tân Tây'),
('27898', 'Huyện Đức Huệ', 'Long An', 'Thị trấn Đông Thành, Xã Mỹ Thạnh Tây, Xã Mỹ Thạnh Đông, Xã Mỹ Bình'),
('27907', 'Huyện Đức Huệ', 'Long An', 'Xã Mỹ Thạnh Bắc, Xã Mỹ Quý Đông, Xã Mỹ Quý Tây'),
('27925', 'Huyện Đức Huệ', 'Long An', 'Xã Bình Hòa Bắc, Xã Bình Hòa Nam, Xã Bình Thành'),
('27931', 'Huyện Đức Hòa', 'Long An', 'Thị trấn Hậu Nghĩa, Xã Đức Lập Thượng, Xã Tân Mỹ'),
('27937', 'Huyện Đức Hòa', 'Long An', 'Thị trấn Đức Hòa, Xã Hựu Thạnh, Xã Đức Hòa Hạ'),
('27943', 'Huyện Đức Hòa', 'Long An', 'Xã Lộc Giang, Xã An Ninh Đông, Xã An Ninh Tây'),
('27952', 'Huyện Đức Hòa', 'Long An', 'Xã Tân Phú, Xã Hiệp Hòa, Thị trấn Hiệp Hòa'),
('27964', 'Huyện Đức Hòa', 'Long An', 'Xã Đức Lập Hạ, Xã Mỹ Hạnh Bắc, Xã Đức Hòa Thượng'),
('27976', 'Huyện Đức Hòa', 'Long An', 'Xã Đức Hòa Đông, Xã Mỹ Hạnh Nam, Xã Đức Hòa Thượng'),
('27979', 'Huyện Đức Hòa', 'Long An', 'Xã Hòa Khánh Tây, Xã Hòa Khánh Nam, Xã Hòa Khánh Đông'),
('27991', 'Huyện Bến Lức', 'Long An', 'Xã An Thạnh, Xã Thanh Phú, Thị trấn Bến Lức'),
('27994', 'Huyện Bến Lức', 'Long An', 'Xã Thạnh Hòa, Xã Lương Bình, Xã Thạnh Lợi'),
('28003', 'Huyện Bến Lức', 'Long An', 'Xã Tân Bửu, Xã Lương Hòa'),
('28015', 'Huyện Bến Lức', 'Long An', 'Xã Thạnh Đức, Xã Nhựt Chánh, Xã Bình Đức'),
('28018', 'Huyện Bến Lức', 'Long An', 'Xã Long Hiệp, Xã Phước Lợi, Xã Mỹ Yên'),
('28036', 'Huyện Thủ Thừa', 'Long An', 'Thị trấn Thủ Thừa, Xã Bình Thạnh, Xã Tân Thành, Xã Nhị Thành'),
('28051', 'Huyện Thủ Thừa', 'Long An', 'Xã Bình An, Xã Mỹ Lạc, Xã Mỹ Thạnh, Xã Tân Thành'),
('28066', 'Huyện Thủ Thừa', 'Long An', 'Xã Mỹ Phú, Xã Mỹ An'),
('28072', 'Huyện Thủ Thừa', 'Long An', 'Xã Long Thuận, Xã Long Thạnh, Xã Tân Long'),
('28075', 'Huyện Tân Trụ', 'Long An', 'Thị trấn Tân Trụ, Xã Bình Trinh Đông, Xã Bình Lãng, Xã Bình Tịnh'),
('28087', 'Huyện Thủ Thừa', 'Long An', 'Xã Nhị Thành'),
('28087', 'Huyện Tân Trụ', 'Long An', 'Xã Tân Bình, Xã Quê Mỹ Thạnh, Xã Lạc Tấn'),
('28093', 'Huyện Tân Trụ', 'Long An', 'Xã Tân Phước Tây, Xã Nhựt Ninh, Xã Đức Tân'),
('28108', 'Huyện Cần Đước', 'Long An', 'Thị trấn Cần Đước, Xã Phước Tuy, Xã Tân Ân, Xã Tân Chánh'),
('28114', 'Huyện Cần Đước', 'Long An', 'Xã Long Trạch, Xã Long Khê, Xã Long Hòa'),
('28126', 'Huyện Cần Đước', 'Long An', 'Xã Long Định, Xã Phước Vân, Xã Long Cang'),
('28132', 'Huyện Cần Đước', 'Long An', 'Xã Tân Trạch, Xã Long Sơn, Xã Mỹ Lệ'),
('28138', 'Huyện Cần Đước', 'Long An', 'Xã Phước Đông, Xã Tân Lân'),
('28144', 'Huyện Cần Đước', 'Long An', 'Xã Long Hựu Đông, Xã Long Hựu Tây'),
('28159', 'Huyện Cần Giuộc', 'Long An', 'Thị trấn Cần Giuộc, Xã Phước Lại, Xã Long Hậu'),
('28165', 'Huyện Cần Giuộc', 'Long An', 'Xã Long Thượng, Xã Phước Hậu, Xã Phước Lý'),
('28177', 'Huyện Cần Giuộc', 'Long An', 'Xã Phước Lâm, Xã Thuận Thành, Xã Mỹ Lộc'),
('28201', 'Huyện Cần Giuộc', 'Long An', 'Xã Long An, Xã Long Phụng, Xã Phước Vĩnh Tây'),
('28207', 'Huyện Cần Giuộc', 'Long An', 'Xã Đông Thạnh, Xã Phước Vĩnh Đông, Xã Tân Tập'),
('28210', 'Huyện Châu Thành', 'Long An', 'Thị trấn Tầm Vu, Xã Hiệp Thạnh, Xã Phú Ngãi Trị, Xã Phước Tân Hưng'),
('28222', 'Huyện Châu Thành', 'Long An', 'Xã Hòa Phú, Xã Bình Quới, Xã Vĩnh Công'),
('28225', 'Huyện Châu Thành', 'Long An', 'Xã Thanh Phú Long, Xã Thanh Vĩnh Đông, Xã Thuận Mỹ'),
('28243', 'Huyện Châu Thành', 'Long An', 'Xã Dương Xuân Hội, Xã Long Trì, Xã An Lục Long')
) AS f (commune, district, province, names);
