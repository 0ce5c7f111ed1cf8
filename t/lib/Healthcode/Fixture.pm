# What every suite stands on: a temporary folder with one real redis-server
# (the gate's restricted user, `healthcode store init`), a pepper, keys of three
# issuers, and codes made by the command or by an independent signer.

package Healthcode::Fixture;

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp ();
use JSON::PP ();
use Time::HiRes qw(sleep);

use Healthcode::Jws qw(b64 unb64 json jws);
use Healthcode::Keys qw(risk_key is_meta meta_keys drop_proofs);
use Healthcode::Redis;


our $ROOT  = abs_path(dirname(__FILE__) . '/../../..');
our $BUILD = $ENV{HEALTHCODE_BUILD} || "$ROOT/build";

my $MODULE  = "$BUILD/ngx_http_healthcode_module.so";
my $COMMAND = "$BUILD/healthcode";

$ENV{PATH} = "$ENV{PATH}:/usr/sbin:/sbin";

# With it in the environment every gate of the suite has both caches: what a
# suite says of a gate must hold for such a one as well (t/21-cached.t).
our $CACHED = $ENV{HEALTHCODE_CACHED};

# With it the nginx of TEST_NGINX_BINARY has the module in it, and loads none
# (t/asan/).
our $STATIC = $ENV{HEALTHCODE_STATIC};

# kid => [algorithm, issuer]; the command makes these keys
my %KEYS = (
    'nat-es'  => [ 'ES256', 'national' ],
    'nat-ed'  => [ 'EdDSA', 'national' ],
    'nat-hs'  => [ 'HS256', 'national' ],
    'prov-es' => [ 'ES256', 'province' ],
);

# A key of each of these is made when a suite first asks for every().
my @EVERY = qw(HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512 ES256
               ES384 ES512 EdDSA SGD_SM3_SM2);

our %ISS = (
    every    => 'https://every.example',
    national => 'https://national.example',
    province => 'https://province.example',
    site     => 'https://site.example',
);

my $PEPPER   = 'pepper of the test suites';
my $PASSWORD = 'password-of-the-gate';
my $SECRET   = 'secret of the site: 32 bytes, or more';


# A temporary folder alone, for suites of the command.
sub folder {
    my ($class) = @_;
    my $tmp = File::Temp->newdir('healthcode-XXXXXXXX', TMPDIR => 1);
    return bless { tmp => $tmp, dir => "$tmp", codes => {} }, $class;
}


sub new {
    my ($class, %opt) = @_;

    -f $_ or die "$_ is missing: run \"make build\" first\n"
        for $STATIC ? () : $MODULE, $COMMAND;

    my $self = $class->folder;
    chmod 0755, $self->dir;

    $self->write('pepper', "$PEPPER\n", 0600);
    $self->write('password', "$PASSWORD\n", 0600);
    mkdir $self->path('site');
    $self->write('site/passed', "passed\n");
    $self->_make_keys;

    if (!$opt{no_redis}) {
        $self->{redis} = Healthcode::Redis->start(
            dir => $self->dir, password => $PASSWORD);
        $self->init_store;
    }

    return $self;
}


sub dir      { $_[0]{dir} }
sub path     { "$_[0]{dir}/$_[1]" }
sub redis    { $_[0]{redis} }
sub module   { $STATIC ? undef : $MODULE }
sub secret   { $SECRET }
sub password { $PASSWORD }
sub holder   { Healthcode::Jws::holder($PEPPER, $_[2] // 'national', $_[1]) }
# The key of a holder's flags.
sub risk     { risk_key(holder(@_)) }
# The field that revokes one code: by what was signed, or by issuer and jti.
sub revoked  { Healthcode::Jws::revoked($PEPPER, @_[1 .. $#_]) }
sub pepper_check { Healthcode::Jws::pepper_check($PEPPER) }


sub write {
    my ($self, $name, $text, $mode) = @_;
    my $path = $self->path($name);
    open my $out, '>', $path or die "$path: $!";
    binmode $out;
    print $out $text;
    close $out or die "$path: $!";
    chmod $mode, $path if defined $mode;
    return $path;
}


# As operators should: written aside, then put in place whole.
sub replace {
    my ($self, $name, $text, $mode) = @_;
    my $aside = $self->write(".new.$$", $text, $mode);
    rename $aside, $self->path($name) or die "$name: $!";
}


sub read {
    my ($self, $name) = @_;
    my $path = $name =~ m{^/} ? $name : $self->path($name);
    open my $in, '<', $path or return '';
    binmode $in;
    local $/;
    return scalar <$in> // '';
}


# ---- the command ----

# Runs `healthcode ARGS`; returns (exit status, all that it printed).
sub try_tool {
    my ($self, @args) = @_;
    my $process = Healthcode::Process->spawn([ $COMMAND, @args ]);
    my $status = $process->wait(20) // die "healthcode @args: no end\n";
    return ($status >> 8, $process->output);
}


# The same where it has to succeed; returns what it printed.
sub tool {
    my ($self, @args) = @_;
    my ($status, $out) = $self->try_tool(@args);
    die "healthcode @args: exit $status: $out\n" if $status;
    chomp $out;
    return $out;
}


sub url {
    my ($self, $redis) = @_;
    return 'unix:' . ($redis || $self->redis)->socket;
}


# flag, region, control and store know the store by these arguments.
sub admin {
    my ($self, $words, %opt) = @_;
    my @words = ref $words ? @$words : split ' ', $words;
    my $n = $words[0] =~ /^(flag|region|control|store)$/ ? 2 : 1;
    my @pepper = "@words" =~ /^(flag|store|holder)\b|-code\b|--holder\b/
        ? ('--pepper-file', $self->path('pepper')) : ();
    push @pepper, '--new' if "@words" =~ /^control (suspend|before|revoke-code)/;
    splice @words, $n, 0, '--redis', $self->url($opt{redis}), @pepper;
    return $self->tool(@words);
}


sub init_store {
    my ($self, $redis) = @_;
    return $self->admin('store init --empty', redis => $redis);
}


# As after `store init`: no flags, regions or controls, no strange settings.
sub reset_store {
    my ($self) = @_;
    my $redis = $self->redis;
    my @keys = grep { !is_meta($_) } @{ $redis->cmd('KEYS', '*') };
    my @proofs = meta_keys();

    $redis->cmd('DEL', @keys) if @keys;
    if ($redis->cmd('EXISTS', @proofs) < @proofs) {
        drop_proofs($redis);
        $self->init_store;
        sleep 1.1;    # a gate that was out tries again within a second
    }
    $redis->cmd('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    $redis->reset_counts;
}


# ---- keys ----

sub _make_keys {
    my ($self) = @_;
    my %sets;

    for my $kid (sort keys %KEYS) {
        my ($alg, $issuer) = @{ $KEYS{$kid} };
        push @{ $sets{$issuer} }, $self->_make_key($kid, $alg);
    }

    $sets{site} = [ { kty => 'oct', kid => 'site', alg => 'HS256',
                      k => b64($SECRET) } ];
    _for_workers($self->write("$_.jwks", json({ keys => $sets{$_} }), 0600))
        for keys %sets;
}


# Workers that are nobody may read it, too; the path.
sub _for_workers {
    my ($path) = @_;
    return $path if $> != 0;
    chown 0, (getpwnam 'nobody')[3], $path;
    chmod 0640, $path;
    return $path;
}


sub _make_key {
    my ($self, $kid, $alg) = @_;
    $self->tool('keygen', '--alg', $alg, '--kid', $kid,
                '--private', $self->path("$kid.key"),
                '--public', $self->path("$kid.jwks"));
    return $self->jwk($kid);
}


# Lines for issuer_conf('every'), whose keys are called by their algorithms.
sub every {
    my ($self) = @_;
    $self->{every} //= _for_workers($self->write('every.jwks', json({ keys => [
        map { $self->_make_key($_, $_) } @EVERY ] }), 0600));
    return (keys => $self->{every}, algorithms => "@EVERY");
}


# The public JWK of a key that keygen made.
sub jwk {
    my ($self, $kid) = @_;
    my $set = JSON::PP->new->decode($self->read("$kid.jwks"));
    return $set->{keys} ? $set->{keys}[0] : $set;
}


# The raw secret of an HS256 key that keygen made.
sub hs_secret { unb64($_[0]->jwk($_[1])->{k}) }


# ---- codes ----

# A code from `healthcode issue`: key => KID, sub, aud, ttl, jti, region => [],
# claim => {}.
sub issue {
    my ($self, %opt) = @_;
    my $kid = $opt{key} || 'nat-es';
    my $iss = $opt{iss} || $ISS{ $KEYS{$kid}[1] };
    my @args = ('issue', '--key', $self->path("$kid.key"), '--iss', $iss,
                '--sub', $opt{sub} // 'alice');

    for my $name (qw(aud ttl jti)) {
        push @args, "--$name", $opt{$name} if defined $opt{$name};
    }
    push @args, '--region', $_ for @{ $opt{region} || [] };
    push @args, '--claim', "$_=$opt{claim}{$_}"
        for sort keys %{ $opt{claim} || {} };

    return $self->tool(@args);
}


# The claims of an honest code of the site, changed by %claims; a value of
# undef leaves the claim out.
sub claims {
    my ($self, %claims) = @_;
    my $now = time;
    my %all = (iss => $ISS{site}, sub => 'carol', iat => $now,
               exp => $now + 900, %claims);
    delete @all{ grep { !defined $all{$_} } keys %all };
    return \%all;
}


sub header {
    my ($self, %header) = @_;
    my %all = (alg => 'HS256', typ => 'healthcode+jwt', kid => 'site', %header);
    delete @all{ grep { !defined $all{$_} } keys %all };
    return \%all;
}


# A code of the site by the independent signer.  header and payload may be
# hash references, or strings of any bytes.
sub site {
    my ($self, %opt) = @_;
    my $header = $opt{header} // {};
    my $claims = $opt{claims} // {};
    $header = json($self->header(%$header)) if ref $header;
    $claims = json($self->claims(%$claims)) if ref $claims;
    return jws($opt{secret} // $SECRET, $header, $claims);
}


# The codes that every suite may name: ALICE and BOB by the command, CAROL by
# the independent signer.
sub code {
    my ($self, $name) = @_;
    my %make = (
        ALICE => sub { $self->issue(sub => 'alice') },
        BOB   => sub { $self->issue(sub => 'bob', key => 'nat-ed') },
        CAROL => sub { $self->site },
    );
    return $self->{codes}{$name} //=
        ($make{$name} || die "no code is named $name\n")->();
}


# ---- configuration ----

sub pepper_conf {
    return "healthcode_pepper_file $_[0]{dir}/pepper;\n"
        . ($CACHED ? "healthcode_zone cached 1m; healthcode_code_cache cached;\n"
                   : '');
}


# issuer_conf(NAME, LINES that replace the defaults of the same name)
sub issuer_conf {
    my ($self, $name, %lines) = @_;
    my %algorithms = (national => 'ES256 EdDSA HS256', province => 'ES256',
                      site => 'HS256');
    my %all = (iss => $ISS{$name}, keys => $self->path("$name.jwks"),
               algorithms => $algorithms{$name},
               $name eq 'site' ? (subject_space => 'site') : (), %lines);
    return "healthcode_issuer $name {\n"
        . join('', map { "    $_ $all{$_};\n" } sort keys %all) . "}\n";
}


# store_conf(NAME, LINES likewise); NAME is "flags" by default.
sub store_conf {
    my ($self, $name, %lines) = @_;
    my $wait = $STATIC ? '4s' : '2s';    # a sanitizer takes its time
    my %all = (
        ($self->redis ? (server => 'unix:' . $self->redis->socket) : ()),
        user => 'gate', password_file => $self->path('password'),
        timeout => $wait, connect_timeout => $wait,
        ($CACHED ? (cache => 'cached') : ()), %lines);
    delete @all{ grep { !defined $all{$_} } keys %all };
    return 'healthcode_store ' . ($name || 'flags') . " {\n"
        . join('', map { "    $_ $all{$_};\n" } sort keys %all) . "}\n";
}


# Lines by which a code may be in a header, the query or a cookie.
sub sources_conf {
    return <<'END';
healthcode_source header Authorization "(?i)^bearer +(\S+) *$";
healthcode_source header X-Code "^code (\S+)$";
healthcode_source query code;
healthcode_source cookie code;
END
}


# Lines that ask for claims, and show them.
sub require_conf {
    return <<'END';
healthcode_require level in 3 x;
healthcode_require list ~ "^[0-9]+$";
add_header X-List "$healthcode_claim_list|$healthcode_claim_a_b" always;
add_header X-Failed "$healthcode_failed_claim" always;
END
}


sub issuers_conf {
    my ($self) = @_;
    return join '', map { $self->issuer_conf($_) } qw(national province site);
}


sub http_conf {
    my ($self, %store) = @_;
    return $self->pepper_conf . $self->issuers_conf
        . $self->store_conf('flags', %store);
}

1;
