# Test::Nginx for gates: {{ALICE}} in any section is her code, the sections flag,
# region and control say what the store knows, and a bed has the rest.  Knows
# nothing of what a block asks.  docs/testing.md, "With Test::Nginx".

package Test::Nginx::Healthcode;

use strict;
use warnings;

use Carp qw(croak);

use Test::Nginx::Healthcode::Bed;

my $bed;


# use Test::Nginx::Healthcode [clock => TIME];  before "use Test::Nginx::Socket"
sub import {
    my ($class, %opt) = @_;
    my $caller = caller;

    if (!$bed) {
        croak 'write "use Test::Nginx::Healthcode" before "use Test::Nginx::Socket"'
            if $INC{'Test/Nginx/Util.pm'};
        my @unknown = grep { $_ ne 'clock' } sort keys %opt;
        croak "Test::Nginx::Healthcode: unknown option \"$unknown[0]\"; it has "
            . 'clock => TIME' if @unknown;
        _begin(%opt);
    }

    no strict 'refs';
    *{"${caller}::$_"} = \&$_ for qw(bed code healthcode);
}


# A port and a folder of our own, unless the site has said which.
sub _begin {
    my (%opt) = @_;
    my $own_port = !grep { $ENV{"TEST_NGINX_$_"} } qw(SERVER_PORT PORT RANDOMIZE);
    my $port = Test::Nginx::Healthcode::Bed::free_port();

    # nginx ends when Test::Nginx is done, or else with the bed
    $SIG{$_} //= sub { exit 130 } for qw(INT TERM HUP);
    $bed = Test::Nginx::Healthcode::Bed->new(%opt,
        servroot => $ENV{TEST_NGINX_SERVROOT});
    $ENV{TEST_NGINX_SERVROOT} = $bed->servroot;
    $ENV{TEST_NGINX_BINARY} = $bed->nginx;
    $ENV{TEST_NGINX_MASTER_PROCESS} //= 'on';
    if ($own_port) {
        @ENV{map { "TEST_NGINX_${_}_PORT" } qw(SERVER CLIENT)} = ($port) x 2;
        $ENV{TEST_NGINX_STREAM_PORT} //= $port + 1;
    }

    require Test::Nginx::Util;
    Test::Nginx::Util::server_port("127.0.0.1:$port") if $own_port;
    Test::Nginx::Util::add_block_preprocessor(\&_prepare);
}


sub bed        { $bed }
sub code       { $bed->code($_[0]) }
sub healthcode { $bed->healthcode(map { split ' ' } @_) }


# ---- names in double braces ----

my %settings = (
    DIR     => sub { $bed->dir },
    HTTP    => sub { $bed->http_conf },
    ISSUERS => sub { $bed->issuers_conf },
    KEYS    => sub { $bed->path('keys/' . ($_[0] // 'national') . '.jwks') },
    NOW     => sub { defined $_[0] ? $bed->time_of($_[0]) : $bed->now },
    PEPPER  => sub { $bed->pepper_conf },
    PORT    => sub { $Test::Nginx::Util::ServerPortForClient },
    STORE   => sub { $bed->store_conf },
    STORE_LINES => sub { $bed->store_lines },
);


sub _value {
    my ($name, $arg) = @_;
    return $settings{$name}->($arg) if $settings{$name};
    return $bed->code(defined $arg ? "$name:$arg" : $name);
}


# {{NAME}} or {{NAME:argument}}; in what is not text, in the text inside.
sub _expand {
    my ($value) = @_;
    return [ map { _expand($_) } @$value ] if ref $value eq 'ARRAY';
    return { map { $_ => _expand($value->{$_}) } keys %$value }
        if ref $value eq 'HASH';
    return $value if ref $value || !defined $value;
    $value =~ s/\{\{([A-Z][A-Z0-9_]*)(?::([^{}]*))?\}\}/_value($1, $2)/ge;
    return $value;
}


# ---- blocks ----

sub _prepare {
    my ($block) = @_;

    $bed->clock(_line($block->clock)) if defined $block->clock;
    $bed->clock if !defined $block->clock && $bed->{faketime};
    $bed->reset_store;

    # the sections of this block; its name and description stay as they are
    for my $name (@{ $block->{_section_order}[0] || [] }) {
        next if !defined $block->{$name} || $name =~ /^(name|description)$/;
        $block->set_value($name => map { _expand($_) } @{ $block->{$name} });
    }

    $block->set_value(http_config => $bed->http_conf)
        if !defined $block->http_config;
    $block->set_value(main_config =>
        $bed->main_conf . ($block->main_config // ''));

    for my $part (qw(flag region control)) {
        $bed->healthcode(@$_) for _commands($part, $block->$part);
    }
}


sub _line { my ($text) = @_; $text =~ s/^\s+|\s+$//g; return $text }


# "alice contact" is short for "set alice contact"; a line that begins with a
# verb of the command has it already.
sub _commands {
    my ($part, $text) = @_;
    my %verb = map { $_ => 1 } $part eq 'control'
        ? qw(suspend resume revoke-key restore-key revoke-code restore-code
             before add-issuer drop-issuer) : qw(set clear);
    my @commands;

    for my $line (grep { /\S/ && !/^\s*#/ } split /\n/, $text // '') {
        my @words = split ' ', $line;
        unshift @words, 'set' if $part ne 'control' && !$verb{ $words[0] };
        $verb{ $words[0] } or die "--- $part: \"$words[0]\" is none of "
            . join(' ', sort keys %verb) . "\n";
        push @commands, [ $part, @words ];
    }
    return @commands;
}

1;
