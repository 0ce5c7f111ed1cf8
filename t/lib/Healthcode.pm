# Test::Nginx with the real parts that a gate needs (Healthcode::Fixture).
# Adds to its blocks: {{NAME}} is replaced everywhere by a code or a setting, and
# the sections redis, tool, answers and lookups, described at the end.

package Healthcode;

use strict;
use warnings;

use Exporter qw(import);
use File::Temp ();
use Test::More ();
use Time::HiRes qw(time sleep);

use Healthcode::Fixture;
use Healthcode::Http qw(get answer_of);
use Healthcode::Jws qw(b64 unb64 json jws sign);
use Healthcode::Keys qw(meta_keys);
use Healthcode::Ports qw(free_port);

our @EXPORT = qw(fixture codes code site issue answer_of
                 b64 unb64 json jws sign);

my $fixture;
our $servroot;


BEGIN {
    my $unpacked = "$Healthcode::Fixture::ROOT/.deps/test-nginx"
                 . '/usr/share/perl5';
    push @INC, $unpacked if -d $unpacked;

    my $port = free_port();

    $servroot = File::Temp->newdir('healthcode-servroot-XXXXXXXX',
                                   TMPDIR => 1);

    $ENV{TEST_NGINX_SERVER_PORT}    = $port;
    $ENV{TEST_NGINX_CLIENT_PORT}    = $port;
    $ENV{TEST_NGINX_STREAM_PORT}    = $port + 1;
    $ENV{TEST_NGINX_SERVROOT}       = "$servroot/root";
    $ENV{TEST_NGINX_MASTER_PROCESS} = 'on';
    $ENV{TEST_NGINX_LOG_LEVEL}      = 'info';
    $ENV{TEST_NGINX_NO_SHUFFLE}     = 1;
    $ENV{TEST_NGINX_TIMEOUT}      ||= 10;
    delete @ENV{qw(TEST_NGINX_RANDOMIZE TEST_NGINX_LOAD_MODULES
                   TEST_NGINX_USE_HUP TEST_NGINX_FORCE_RESTART_ON_TEST)};
}

use Test::Nginx::Util ();


$fixture = Healthcode::Fixture->new;

# Test::Nginx takes the port into `listen` as it is: loopback only.
Test::Nginx::Util::server_port(
    "127.0.0.1:$ENV{TEST_NGINX_SERVER_PORT}");
Test::Nginx::Util::repeat_each(2);
Test::Nginx::Util::no_long_string();

sub fixture { $fixture }
sub issue   { $fixture->issue(@_) }
sub site    { $fixture->site(@_) }
sub server  { "127.0.0.1:$ENV{TEST_NGINX_CLIENT_PORT}" }


# ---- names in double braces ----

my %named;

# codes(NAME => token, or a sub that makes one when a block needs it)
sub codes {
    my (%codes) = @_;
    @named{ keys %codes } = values %codes;
}


sub code {
    my ($name) = @_;
    my $value = $named{$name} // return $fixture->code($name);
    return ref $value ? $value->() : $value;
}


my %settings = (
    DIR      => sub { $fixture->dir },
    HTML     => sub { Test::Nginx::Util::html_dir() },
    HTTP     => sub { $fixture->http_conf },
    ISSUERS  => sub { $fixture->issuers_conf },
    NOW      => sub { int time },
    PEPPER   => sub { $fixture->pepper_conf },
    PROOFS   => sub { join ' ', meta_keys() },
    PORT     => sub { $ENV{TEST_NGINX_SERVER_PORT} },
    REDIS    => sub { $fixture->redis->socket },
    SERVROOT => sub { $ENV{TEST_NGINX_SERVROOT} },
    SITE     => sub { $fixture->path('site') },
    STORE    => sub { $fixture->store_conf },
);


sub _value {
    my ($name, $arg) = @_;
    return $settings{$name}->() if $settings{$name};
    return $fixture->holder(split /,/, $arg) if $name eq 'HOLDER';
    return $fixture->risk(split /,/, $arg) if $name eq 'RISK';
    return int(time) + $arg if $name eq 'NOW';
    return '*' x length code($arg) if $name eq 'MASK';
    return code($name);
}


# {{NAME}} or {{NAME:argument}}; in arrays and hashes of text too.
sub expand {
    my ($text) = @_;
    return [ map { expand($_) } @$text ] if ref $text eq 'ARRAY';
    return $text if ref $text || !defined $text;
    $text =~ s/\{\{([A-Z][A-Z0-9_]*)(?::([^{}]*))?\}\}/_value($1, $2)/ge;
    return $text;
}


# ---- blocks ----

my $CONFIG = <<'END';
    location /t {
        healthcode on;
        alias {{SITE}}/passed;
        add_header X-Verdict "$healthcode_verdict $healthcode_reason" always;
    }
END

# All sections in which a name may stand.
my @EXPANDED = qw(config http_config main_config request pipelined_requests
                  more_headers raw_request response_body response_body_like
                  response_headers response_headers_like access_log
                  no_access_log error_log no_error_log user_files redis
                  grep_error_log_out);

my $running = '';   # what the running nginx was configured with


sub _prepare {
    my ($block) = @_;

    $block->set_value(config => $CONFIG) if !defined $block->config;
    $block->set_value(http_config => '{{HTTP}}')
        if !defined $block->http_config;

    if (!defined $block->request && !defined $block->raw_request
        && !defined $block->pipelined_requests)
    {
        $block->set_value(request => 'GET /t');
        $block->set_value(more_headers => 'Authorization: Bearer {{ALICE}}')
            if !defined $block->more_headers;
    }

    for my $name (@EXPANDED) {
        my $value = $block->$name;
        next if !defined $value;
        my $expanded = expand($value);
        $block->set_value($name => $expanded);
    }

    # Never an alert, even where an error is the subject of the block.
    my $quiet = $block->no_error_log // '';
    $quiet = [ grep { length } split /\n+/, $quiet ] if !ref $quiet;
    my %seen = map { $_ => 1 } @$quiet, map { /(\[\w+\])/ ? $1 : () }
        @{ _lines($block->error_log) };
    $block->set_value(no_error_log =>
        [ @$quiet, grep { !$seen{$_} } '[alert]', '[crit]' ])
        if !defined $block->must_die;

    my $main = $block->main_config // '';
    my $module = $fixture->module;
    $block->set_value(main_config =>
        ($module ? "load_module $module;\n" : '') . $main);

    # The same configuration goes on with the running nginx.
    my $wanted = join "\0", map { $_ // '' } map { $block->$_ }
        qw(config http_config main_config user_files log_level must_die http2);
    my $same = $wanted eq $running && !defined $block->must_die
        && !defined $block->restart;
    $running = defined $block->must_die ? '' : $wanted;
    $Test::Nginx::Util::ForceRestartOnTest = $same ? 0 : 1;
    $Test::Nginx::Util::PrevConfig = undef if !$same;

    $fixture->reset_store;

    if ($same) {
        truncate $_, 0 for grep { -f } map { "$ENV{TEST_NGINX_SERVROOT}/logs/$_" }
            'error.log', 'access.log';
    }

    $fixture->redis->script($block->redis) if defined $block->redis;
    if (defined $block->tool) {
        $fixture->admin($_) for grep { /\S/ } split /\n/, $block->tool;
    }
    sleep 0.02 if $Healthcode::Fixture::CACHED;
}


sub _lines {
    my ($value) = @_;
    return [] if !defined $value;
    return ref $value eq 'ARRAY' ? $value : [ split /\n/, $value ];
}


# One row of `answers`: [sentence, expected answer, code or \%request].
sub _probe {
    my ($block_name, $row) = @_;
    my ($sentence, $expected, $what) = @$row;
    my $got = '(none)';

    # A code made for this second is made again if the second went by. Perl's
    # own time() lags by up to a tick of the kernel (10 ms): it says the last
    # second while nginx is in the next, so no code is made just then.
    for my $try (1 .. 5) {
        my $now = time;
        my $second = int $now;
        sleep 0.02 if $now - $second < 0.02;
        my $value = ref $what eq 'CODE' ? $what->() : $what;
        my $made = ref $value eq 'HASH' ? $value
                 : { headers => [ "Authorization: Bearer $value" ] };
        # With caches: once the change has arrived; and once more, when known.
        sleep 0.01 if $Healthcode::Fixture::CACHED;
        for my $time (1 .. ($Healthcode::Fixture::CACHED ? 2 : 1)) {
            my $answer = eval {
                get(server(), $made->{uri} // '/t', $made->{headers} // [],
                    method => $made->{method} // 'GET') };
            $got = $answer ? answer_of($answer) : "(failed: $@)";
        }
        last if ref $what ne 'CODE' || int time == $second;
    }

    ref $expected
        ? Test::More::like($got, $expected, "$block_name - $sentence")
        : Test::More::is($got, $expected, "$block_name - $sentence");
}


sub _conclude {
    my ($block) = @_;
    my $name = $block->name;

    if (defined $block->lookups && !$Healthcode::Fixture::CACHED) {
        my $wanted = $block->lookups * Test::Nginx::Util::repeat_each();
        Test::More::is($fixture->redis->count('hmget'), $wanted,
                       "$name - $wanted live reads");
    }

    if (defined $block->answers) {
        my $rows = _eval($block, 'answers');
        ref $rows eq 'ARRAY' && @$rows or die "$name: no answers\n";
        _probe($name, $_) for @$rows;
        sleep 0.05;
        # the same that the block itself asks of its own requests
        my $quiet = join '|', map { quotemeta } @{ $block->no_error_log };
        my @bad = grep { /$quiet/ } split /\n/,
            $fixture->read("$ENV{TEST_NGINX_SERVROOT}/logs/error.log");
        Test::More::is($bad[0], undef, "$name - nothing wrong is logged");
    }

    _eval($block, 'after') if defined $block->after;
}


# A section that is Perl, run as if it stood in the test file.
sub _eval {
    my ($block, $section) = @_;
    my $value = eval 'package main; no strict "vars"; ' . $block->$section;
    die $block->name . ": $section: $@" if $@;
    return $value;
}


Test::Nginx::Util::add_block_preprocessor(\&_prepare);
Test::Nginx::Util::add_test_cleanup_handler(\&_conclude);

1;

__END__

=head1 Sections

    --- redis
    HSET {{RISK:alice}} confirmed 0

Commands of the administrator, run before the requests of the block; the store
is as after `healthcode store init` before each block.

    --- tool
    flag set alice confirmed

Runs of the command `healthcode`, likewise; where the store is and its pepper
file are added.

    --- lookups: 1

How many live reads one run of the requests makes, counted by Redis.

    --- answers
    [ [ 'a code without a dot is malformed', '401 malformed', 'abc' ], ... ]

Perl, for more requests after those of the block: a sentence, the answer, and
the code that is sent as a bearer of GET /t (or a sub that makes one at the last moment,
or {uri, method, headers}).  A block without `request` first lets an honest
code pass, so that a gate that denies all does not pass the test.

    --- after
    is(...)

Perl, for whatever else has to be looked at while nginx still runs.

    --- restart

A fresh nginx for this block; else one with the same configuration goes on.

=cut
